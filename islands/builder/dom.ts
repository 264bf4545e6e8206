// Elements in one line each, and the focus kept while the builder draws itself anew.

type Child = Node | string | null | false | undefined;
type Attributes = Record<string, string | number | boolean | EventListener | undefined>;

/** An element with its attributes, listeners (`onclick`) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((one) => one !== null && one !== false && one !== undefined) as (Node | string)[]);
  return element;
}

/** A button that does something here, with further attributes. */
export function button(look: string, label: Child, by: () => void, more: Attributes = {}): HTMLButtonElement {
  return h("button", { type: "button", class: look, onclick: by, ...more }, label);
}

const SVG = "http://www.w3.org/2000/svg";
const LINE = {
  class: "icon", viewBox: "0 0 16 16", width: "16", height: "16", fill: "none", stroke: "currentColor",
  "stroke-width": "1.5", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true",
};

/** A line icon of 16 pixels. */
export function icon(path: string): SVGElement {
  const drawing = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries(LINE)) drawing.setAttribute(name, value);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  drawing.append(line);
  return drawing;
}

/** Controls that stay on one line as long as they fit, as the words of a phrase do. */
export function phrase(...controls: Child[]): HTMLElement {
  return h("span", { class: "builder-phrase" }, ...controls);
}

export interface Choice {
  value: string;
  label: string;
  group?: string;
}

/** A list of choices; one that is not among them stands first, so that nothing is lost. */
export function select(
  at: string, label: string, choices: Choice[], value: string, changed: (value: string) => void, missing = value,
): HTMLSelectElement {
  const element = h(
    "select", { class: "form-select", "data-at": at, "aria-label": label, onchange: () => changed(element.value) },
  );
  const known = choices.some((one) => one.value === value);
  const all = known ? choices : [{ value, label: missing }, ...choices];
  const groups = new Map<string, HTMLElement>();
  for (const one of all) {
    const option = h("option", { value: one.value }, one.label);
    if (!one.group) element.append(option);
    else {
      if (!groups.has(one.group)) {
        groups.set(one.group, h("optgroup", { label: one.group }));
        element.append(groups.get(one.group) as HTMLElement);
      }
      groups.get(one.group)?.append(option);
    }
  }
  element.value = value;
  return element;
}

/** Draw anew and give the focus back to the control it was in; `wanted` names another. */
export function redraw(place: HTMLElement, draw: () => void, wanted = ""): void {
  const active = place.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
  const at = wanted || active?.dataset["at"] || "";
  draw();
  if (!at || (!active && !wanted)) return;
  place.querySelector<HTMLElement>(`[data-at="${CSS.escape(at)}"]`)?.focus();
}
