// <samovar-chart>: figures in a script element in, a drawing out. It fetches nothing, and the table below it says the same.
// On paper it is drawn anew in the colours of the light theme: see office/paper.ts.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Figures, legendLines, option, taller } from "./option";

echarts.use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

/** How wide a name of the legend is. */
function measured(style: CSSStyleDeclaration): (name: string) => number {
  const pen = document.createElement("canvas").getContext("2d");
  if (pen) pen.font = `12px ${style.fontFamily}`;
  return (name) => pen?.measureText(name).width ?? 0;
}

class SamovarChart extends HTMLElement {
  #chart: echarts.ECharts | undefined;
  #place!: HTMLElement;
  #resized: ResizeObserver | undefined;
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #printed = matchMedia("print");
  readonly #redraw = (): void => this.#draw();

  connectedCallback(): void {
    const place = this.querySelector<HTMLElement>(".drawing");
    if (!place) return;
    this.#place = place;
    this.#chart = echarts.init(place, null, { renderer: "canvas" });
    this.#draw();
    this.#resized = new ResizeObserver(() => this.#draw());
    this.#resized.observe(place);
    this.#dark.addEventListener("change", this.#redraw);
    this.#printed.addEventListener("change", this.#redraw);
    addEventListener("beforeprint", this.#redraw);
    addEventListener("afterprint", this.#redraw);
  }

  disconnectedCallback(): void {
    this.#resized?.disconnect();
    this.#dark.removeEventListener("change", this.#redraw);
    this.#printed.removeEventListener("change", this.#redraw);
    removeEventListener("beforeprint", this.#redraw);
    removeEventListener("afterprint", this.#redraw);
    this.#chart?.dispose();
  }

  #draw(): void {
    // The script element stands in a template, where htmx, which takes scripts out of the parts it loads, lets it be.
    const kept = this.querySelector("template")?.content ?? this;
    const source = kept.querySelector('script[type="application/json"]')?.textContent;
    if (!source) return;
    const isOnPaper = this.#printed.matches || document.documentElement.classList.contains("on-paper");
    const still = isOnPaper || matchMedia("(prefers-reduced-motion: reduce)").matches;
    const figures = JSON.parse(source) as Figures;
    const style = getComputedStyle(this);
    const lines = legendLines(figures, this.#place.clientWidth, measured(style));
    this.#place.style.setProperty("--legend", `${taller(lines)}px`);
    this.#chart?.resize();
    this.#chart?.setOption(option(figures, style, still, lines, this.#place.clientWidth), true);
  }
}

customElements.define("samovar-chart", SamovarChart);
