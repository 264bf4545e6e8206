// From figures to what ECharts draws: Okabe-Ito colours, treated solid, control dashed and grey, exact texts on hover.

export interface Series {
  name: string;
  role: "" | "treated" | "control" | "limit";
  values: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  texts: string[];
  ranges: string[];
}

export interface Figures {
  title: string;
  kind: "line" | "bar" | "stacked" | "across";
  unit: "number" | "money" | "percent";
  x: string[];
  close: boolean;
  language: string;
  currency: string;
  perMajor: number;
  series: Series[];
}

type Drawn = Record<string, unknown>;

const TICKS = 4;
const LABEL_WIDTH = 180;

const STROKES: Record<Series["role"], Drawn> = {
  "": { width: 2.2 }, treated: { width: 2.2 }, control: { width: 1.8, type: "dashed" }, limit: { width: 1.2 },
};
const LEGEND = { line: 20, beside: 34, letters: 24 }; // pixels of a line, and of a mark with its gaps; the longest name

const OKABE_ITO = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442"];

/** How many lines the names of the series take, each measured; none where there is one series. */
export function legendLines(figures: Figures, width: number, measure: (name: string) => number): number {
  if (figures.series.length < 2) return 0;
  let lines = 1;
  let at = 0;
  for (const one of figures.series) {
    const wide = measure(shortened(one.name)) + LEGEND.beside;
    if (at > 0 && at + wide > width) {
      lines += 1;
      at = 0;
    }
    at += wide;
  }
  return lines;
}

/** What more than one line of names adds to the height of a drawing. */
export function taller(lines: number): number {
  return Math.max(lines - 1, 0) * LEGEND.line;
}

export function option(figures: Figures, style: CSSStyleDeclaration, still: boolean, lines: number): Drawn {
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const text = { color: token("--ink-2"), fontFamily: style.fontFamily, fontSize: 12 };
  return {
    animation: !still,
    animationDuration: 140,
    textStyle: text,
    grid: { left: 4, right: 20, top: lines ? 34 + taller(lines) : 12, bottom: 4, containLabel: true },
    legend: lines ? legend(figures, text, lines) : undefined,
    tooltip: tooltip(figures, token),
    ...axes(figures, token, text),
    series: figures.series.flatMap((one, place) => drawn(figures, one, place, token)),
  };
}

function shortened(name: string): string {
  return name.length > LEGEND.letters ? `${name.slice(0, LEGEND.letters - 1)}…` : name;
}

function legend(figures: Figures, text: Drawn, lines: number): Drawn {
  return {
    top: 0, [lines > 1 ? "left" : "right"]: 0, icon: "roundRect", itemWidth: 18, itemHeight: 3, itemGap: 10, padding: [5, 0],
    textStyle: { ...text, lineHeight: LEGEND.line - 10 }, formatter: shortened,
    data: figures.series.map((one) => one.name),
  };
}

/** Labels below and figures at the left; for bars that lie down, labels at the left with the first on top. */
function axes(figures: Figures, token: (name: string) => string, text: Drawn): Drawn {
  const isAcross = figures.kind === "across";
  const labels: Drawn = {
    type: "category", data: figures.x, boundaryGap: figures.kind !== "line", inverse: isAcross,
    axisLabel: isAcross ? { ...text, width: LABEL_WIDTH, overflow: "truncate" } : { ...text, hideOverlap: true },
    axisTick: { show: false }, axisLine: { lineStyle: { color: token("--line") } },
  };
  const values: Drawn = {
    type: "value", scale: figures.close, splitNumber: TICKS, minInterval: figures.unit === "number" && !isAcross ? 1 : undefined,
    axisLabel: { ...text, formatter: axis(figures), hideOverlap: true }, splitLine: { lineStyle: { color: token("--line-2") } },
  };
  return isAcross ? { xAxis: values, yAxis: labels } : { xAxis: labels, yAxis: values };
}

/** The tooltip is drawn on the canvas: the page's security policy lets no inline style through. */
function tooltip(figures: Figures, token: (name: string) => string): Drawn {
  return {
    trigger: "axis", renderMode: "richText", confine: true, backgroundColor: token("--card"), borderColor: token("--line"),
    textStyle: { color: token("--ink"), fontSize: 12 },
    formatter: (points: { dataIndex: number }[]) => {
      const at = points[0]?.dataIndex ?? 0;
      const lines = figures.series.map((one) => `${one.name}: ${one.texts[at] ?? ""}${one.ranges[at] ? ` (${one.ranges[at]})` : ""}`);
      return [figures.x[at], ...lines].join("\n");
    },
  };
}

/** As many digits of a shortened number as tell a tick from the next one: 2.4K, or 2.44K on an axis that begins near there. */
function digits(figures: Figures): number {
  const values = figures.series.flatMap((one) => [...one.values, ...one.low, ...one.high]).filter((one) => one !== null);
  const most = Math.max(...values.map(Math.abs), 1);
  const span = figures.close ? Math.max(...values) - Math.min(...values) : most;
  const thousands = 10 ** (3 * Math.floor(Math.log10(most) / 3));
  return Math.min(Math.max(Math.ceil(-Math.log10(Math.max(span, 1) / TICKS / thousands)), 1), 3);
}

function axis(figures: Figures): (value: number) => string {
  const compact = { notation: "compact", maximumFractionDigits: digits(figures) } as const;
  if (figures.unit === "percent") {
    const written = new Intl.NumberFormat(figures.language, { style: "percent", maximumFractionDigits: 1 });
    return (value) => written.format(value);
  }
  const money = figures.unit === "money";
  const currency = { style: "currency", currency: figures.currency, currencyDisplay: "narrowSymbol" } as const;
  const written = new Intl.NumberFormat(figures.language, { ...compact, ...(money ? currency : {}) });
  return (value) => written.format(money ? value / figures.perMajor : value);
}

function drawn(figures: Figures, one: Series, place: number, token: (name: string) => string): Drawn[] {
  const colour = colourOf(figures, one, place, token);
  const isLine = figures.kind === "line";
  const main: Drawn = {
    name: one.name, type: isLine ? "line" : "bar", data: one.values, color: colour, showSymbol: one.values.length < 2, symbol: "circle",
    lineStyle: STROKES[one.role],
    stack: figures.kind === "stacked" ? "all" : undefined, barMaxWidth: 36, itemStyle: { borderRadius: figures.kind === "bar" ? [3, 3, 0, 0] : figures.kind === "across" ? [0, 3, 3, 0] : 0 },
    emphasis: { disabled: true }, z: 3,
  };
  return isLine && one.low.length ? [...band(one, place, colour), main] : [main];
}

function colourOf(figures: Figures, one: Series, place: number, token: (name: string) => string): string {
  if (one.role === "control") return token("--ink-3");
  if (one.role === "limit") return token("--bad");
  if (one.role === "treated" || figures.series.length === 1) return token("--teal");
  return OKABE_ITO[place % OKABE_ITO.length] ?? "";
}

/** A band is two stacked lines without a stroke: the lower edge, and the width above it, filled. */
function band(one: Series, place: number, colour: string): Drawn[] {
  const base: Drawn = {
    type: "line", stack: `band-${place}`, stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false }, z: 1,
  };
  const width = one.high.map((high, at) => {
    const low = one.low[at];
    return high === null || low === null || low === undefined ? null : high - low;
  });
  return [
    { ...base, data: one.low },
    { ...base, data: width, areaStyle: { color: colour, opacity: 0.14 } },
  ];
}
