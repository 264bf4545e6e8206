// From figures to what ECharts draws: a colour a series, treated solid, control dashed and grey, others grey, exact texts on hover.

export interface Series {
  name: string;
  role: "" | "treated" | "control" | "limit" | "others";
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
  partial: number[]; // places of x whose time is not whole: it has been cut off, or still runs
  close: boolean;
  language: string;
  currency: string;
  perMajor: number;
  series: Series[];
}

type Drawn = Record<string, unknown>;

const TICKS = 4;
const LABEL_WIDTH = 180;
const SLOT_WIDTH = 56; // pixels from which a label below a bar is written out, on lines of its own
const NARROW = 480; // pixels of a drawing in which bars that lie down have room for few figures below
const COLOURS = 12; // of the style sheet, each theme its own
const WHOLE = 1 + 1e-6; // a share of all, as sums of shares come out

const STROKES: Record<Series["role"], Drawn> = {
  "": { width: 2.2 }, treated: { width: 2.2 }, control: { width: 1.8, type: "dashed" }, limit: { width: 1.2 }, others: { width: 2.2 },
};
const LEGEND = { line: 20, beside: 34, letters: 24 }; // pixels of a line, and of a mark with its gaps; the longest name

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

export function option(figures: Figures, style: CSSStyleDeclaration, still: boolean, lines: number, width: number): Drawn {
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const text = { color: token("--ink-2"), fontFamily: style.fontFamily, fontSize: 12 };
  return {
    animation: !still,
    animationDuration: 140,
    textStyle: text,
    grid: { left: 4, right: 20, top: lines ? 34 + taller(lines) : 12, bottom: 4, containLabel: true },
    legend: lines ? legend(figures, text, lines) : undefined,
    tooltip: tooltip(figures, token),
    ...axes(figures, token, text, width),
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
function axes(figures: Figures, token: (name: string) => string, text: Drawn, width: number): Drawn {
  const isAcross = figures.kind === "across";
  const labels: Drawn = {
    type: "category", data: figures.x, boundaryGap: figures.kind !== "line", inverse: isAcross,
    axisLabel: isAcross ? { ...text, width: LABEL_WIDTH, overflow: "truncate" } : { ...text, ...below(figures, width) },
    axisTick: { show: false }, axisLine: { lineStyle: { color: token("--line") } },
  };
  const values: Drawn = {
    type: "value", scale: figures.close, splitNumber: TICKS, minInterval: figures.unit === "number" && !isAcross ? 1 : undefined,
    ...shares(figures, width),
    axisLabel: { ...text, formatter: axis(figures), hideOverlap: true }, splitLine: { lineStyle: { color: token("--line-2") } },
  };
  return isAcross ? { xAxis: values, yAxis: labels } : { xAxis: labels, yAxis: values };
}

/** Under bars that stand wide enough apart each has its label, wrapped; elsewhere as many labels as fit. */
function below(figures: Figures, width: number): Drawn {
  const slot = Math.floor((width - LABEL_WIDTH / 3) / Math.max(figures.x.length, 1));
  const isEach = figures.kind !== "line" && slot >= SLOT_WIDTH;
  return isEach ? { interval: 0, width: slot - 6, overflow: "break", lineHeight: 15 } : { hideOverlap: true };
}

/** An axis of shares ends at 100 %, where a nice step would go on beyond; changes, which may be more, go as far as they go. */
function shares(figures: Figures, width: number): Drawn {
  if (figures.unit !== "percent" || figures.close) return {};
  const of = (at: number): number[] => figures.series.map((one) => one.values[at] ?? 0);
  const tops = figures.x.map((_label, at) =>
    figures.kind === "stacked" ? of(at).reduce((sum, one) => sum + one, 0) : Math.max(...of(at)));
  const most = Math.max(...tops, ...figures.series.flatMap((one) => one.high).map((one) => one ?? 0));
  const least = Math.min(...figures.x.flatMap((_label, at) => of(at)));
  return most > 0.8 && most <= WHOLE && least >= 0 ? { min: 0, max: 1, interval: figures.kind === "across" && width < NARROW ? 0.5 : 0.25 } : {};
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
    name: one.name, type: isLine ? "line" : "bar", data: isLine ? whole(figures, one) : faded(figures, one), color: colour,
    showSymbol: one.values.length - figures.partial.length < 2, symbol: "circle",
    lineStyle: STROKES[one.role],
    stack: figures.kind === "stacked" ? "all" : undefined, barMaxWidth: 36, itemStyle: { borderRadius: figures.kind === "bar" ? [3, 3, 0, 0] : figures.kind === "across" ? [0, 3, 3, 0] : 0 },
    emphasis: { disabled: true }, z: 3,
  };
  if (!isLine) return [main];
  return [...(one.low.length ? band(one, place, colour) : []), main, ...unfinished(figures, one, colour, token)];
}

/** The points of a line without those of times that are not whole. */
function whole(figures: Figures, one: Series): (number | null)[] {
  return one.values.map((value, at) => (figures.partial.includes(at) ? null : value));
}

/** Bars of times that are not whole are pale. */
function faded(figures: Figures, one: Series): unknown[] {
  return one.values.map((value, at) => (figures.partial.includes(at) ? { value, itemStyle: { opacity: 0.45 } } : value));
}

/** Dashes from the last whole point to a hollow one, so that the end of a line that still runs does not read as a fall. */
function unfinished(figures: Figures, one: Series, colour: string, token: (name: string) => string): Drawn[] {
  const isPartial = (at: number): boolean => figures.partial.includes(at);
  if (!figures.partial.length) return [];
  const data = one.values.map((value, at) => {
    if (isPartial(at)) return { value, symbol: "circle" };
    return { value: isPartial(at - 1) || isPartial(at + 1) ? value : null, symbol: "none" };
  });
  return [{
    name: one.name, type: "line", data, color: colour, showSymbol: true, showAllSymbol: true, symbolSize: 7,
    itemStyle: { color: token("--card"), borderColor: colour, borderWidth: 1.6 },
    lineStyle: { ...STROKES[one.role], type: [4, 4], color: colour }, emphasis: { disabled: true }, z: 4,
  }];
}

function colourOf(figures: Figures, one: Series, place: number, token: (name: string) => string): string {
  if (one.role === "control") return token("--ink-3");
  if (one.role === "others") return token("--series-others");
  if (one.role === "limit") return token("--bad");
  if (one.role === "treated" || figures.series.length === 1) return token("--teal");
  return token(`--series-${(place % COLOURS) + 1}`);
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
