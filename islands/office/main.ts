// The shell of every page: htmx, ⌘K, menus that close, islands on demand. Pages work without it; it makes them quicker.
import "./tabler.css";
import "@fontsource-variable/inter/wght.css";
import "./theme.css";
import "../builder/builder.css";
import htmx from "htmx.org";
import { again } from "./again";
import { chooseAll } from "./choose";
import { columnChooser } from "./columns";
import { confirmations } from "./confirm";
import { faults } from "./faults";
import { finder } from "./finder";
import { paper } from "./paper";
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
again();
paper(); // before any chart, which listens for the same
showWhere();
faults();

/** On a phone the menu is one line that scrolls: where the reader is must be in sight. `scrollIntoView` would do it, but a browser
 * takes it for the place from which Tab goes on, and the link that skips the menu would be behind it. */
function showWhere(): void {
  const menu = document.querySelector("nav.side");
  const here = menu?.querySelector("a.on");
  if (!menu || !here) return;
  const [whole, part] = [menu.getBoundingClientRect(), here.getBoundingClientRect()];
  menu.scrollLeft += part.left - whole.left - (whole.width - part.width) / 2;
}

/** Islands that few pages have, and ECharts, which is large, are fetched when the first of them appears on a page. */
function islands(root: ParentNode): void {
  if (root.querySelector("samovar-chart") && !customElements.get("samovar-chart")) void import("../chart/chart");
  if (root.querySelector("samovar-tiles") && !customElements.get("samovar-tiles")) void import("../board/tiles");
  if (root.querySelector("samovar-builder") && !customElements.get("samovar-builder")) void import("../builder/builder");
}

document.addEventListener("DOMContentLoaded", () => islands(document));
document.body.addEventListener("htmx:load", (event) => {
  islands(event.target as HTMLElement);
  chooseAll(event.target as HTMLElement);
});
islands(document);
