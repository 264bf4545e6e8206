// <samovar-chart>: figures in a script element in, a drawing out. It fetches nothing, and the table below it says the same.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { type Figures, option } from "./option";

echarts.use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

class SamovarChart extends HTMLElement {
  #chart: echarts.ECharts | undefined;
  #resized: ResizeObserver | undefined;
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #redraw = (): void => this.#draw();

  connectedCallback(): void {
    const place = this.querySelector<HTMLElement>(".drawing");
    if (!place) return;
    this.#chart = echarts.init(place, null, { renderer: "canvas" });
    this.#draw();
    this.#resized = new ResizeObserver(() => this.#chart?.resize());
    this.#resized.observe(place);
    this.#dark.addEventListener("change", this.#redraw);
  }

  disconnectedCallback(): void {
    this.#resized?.disconnect();
    this.#dark.removeEventListener("change", this.#redraw);
    this.#chart?.dispose();
  }

  #draw(): void {
    // The script element stands in a template, where htmx, which takes scripts out of the parts it loads, lets it be.
    const kept = this.querySelector("template")?.content ?? this;
    const source = kept.querySelector('script[type="application/json"]')?.textContent;
    if (!source) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#chart?.setOption(option(JSON.parse(source) as Figures, getComputedStyle(this), still), true);
  }
}

customElements.define("samovar-chart", SamovarChart);
