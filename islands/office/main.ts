// The shell of every page: htmx, ⌘K, menus that close, charts on demand. Pages work without it; it makes them quicker.
import "./tabler.css";
import "@fontsource-variable/inter/wght.css";
import "./theme.css";
import htmx from "htmx.org";
import { chooseAll } from "./choose";
import { columnChooser } from "./columns";
import { confirmations } from "./confirm";
import { finder } from "./finder";
import { popovers } from "./popovers";

declare global {
  interface Window {
    htmx: typeof htmx;
  }
}

window.htmx = htmx;
finder();
popovers();
columnChooser();
confirmations();
// On a phone the menu is one line that scrolls: where the reader is must be in sight.
document.querySelector("nav.side a.on")?.scrollIntoView({ block: "nearest", inline: "center" });

/** ECharts is large: it is fetched when the first chart appears on a page. */
function charts(root: ParentNode): void {
  if (root.querySelector("samovar-chart") && !customElements.get("samovar-chart")) void import("../chart/chart");
}

document.addEventListener("DOMContentLoaded", () => charts(document));
document.body.addEventListener("htmx:load", (event) => {
  charts(event.target as HTMLElement);
  chooseAll(event.target as HTMLElement);
});
charts(document);
