// A long list that one searches: a button that says what is chosen, and under it a field with what fits what is typed.
import { type Choice, h } from "./dom";

const SHOWN_MAX = 200;
const MARGIN_PX = 8;

interface Picked {
  at: string;
  label: string;
  shown: string;
  value: string;
  choices: () => Choice[];
  changed: (value: string) => void;
  search: string;
  nothing: string;
}

/** The button; the list is made when it opens, so that a thousand names cost a page nothing. */
export function picker(of: Picked): HTMLElement {
  const button = h(
    "button",
    {
      type: "button", class: "form-select builder-pick", "data-at": of.at, "aria-haspopup": "listbox",
      "aria-label": `${of.label}: ${of.shown}`, value: of.value,
    },
    of.shown,
  );
  button.addEventListener("click", () => open(button, of));
  button.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    open(button, of);
  });
  return button;
}

function open(button: HTMLElement, of: Picked): void {
  const id = "builder-picker";
  document.getElementById(id)?.remove();
  const list = h("ul", { class: "builder-options", role: "listbox", id: `${id}-list`, "aria-label": of.label });
  const input = h(
    "input",
    {
      class: "form-control", type: "text", role: "combobox", "aria-expanded": "true", "aria-autocomplete": "list",
      "aria-controls": `${id}-list`, "aria-label": of.search, placeholder: of.search, autocomplete: "off", spellcheck: "false",
    },
  );
  const panel = h("div", { id, class: "builder-picker", popover: "auto" }, input, list);
  const choices = of.choices();
  const close = (value?: string): void => {
    panel.remove();
    button.focus();
    if (value !== undefined && value !== of.value) of.changed(value);
  };
  const fill = (): void => options(list, input, matching(choices, input.value), of, close);
  input.addEventListener("input", fill);
  input.addEventListener("keydown", (event) => keyed(event, list, input, close));
  panel.addEventListener("toggle", (event) => {
    if ((event as ToggleEvent).newState === "closed") panel.remove();
  });
  button.after(panel);
  panel.showPopover();
  fill();
  place(panel, button);
  input.focus();
}

/** Every word of what is typed begins somewhere in a name; names that begin with it come first. */
function matching(choices: Choice[], typed: string): Choice[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return choices;
  const found = choices.filter((one) => words.every((word) => one.label.toLowerCase().includes(word)));
  const first = (one: Choice): number => (one.label.toLowerCase().startsWith(words[0] ?? "") ? 0 : 1);
  return [...found].sort((one, other) => first(one) - first(other));
}

function options(list: HTMLElement, input: HTMLElement, found: Choice[], of: Picked, close: (value?: string) => void): void {
  let group = "";
  list.replaceChildren();
  for (const [at, one] of found.slice(0, SHOWN_MAX).entries()) {
    const head = one.group && one.group !== group ? one.group : "";
    if (head) list.append(h("li", { class: "builder-options-group", role: "presentation" }, head));
    group = one.group ?? "";
    const isChosen = one.value === of.value;
    const option = h(
      "li",
      {
        id: `builder-option-${at}`, role: "option", "aria-selected": String(isChosen), "data-value": one.value,
        onclick: () => close(one.value),
      },
      one.label,
    );
    list.append(option);
  }
  if (!found.length) list.append(h("li", { class: "muted", role: "presentation" }, of.nothing));
  const start = list.querySelector<HTMLElement>('[aria-selected="true"]') ?? list.querySelector<HTMLElement>('[role="option"]');
  mark(list, input, start);
}

function mark(list: HTMLElement, input: HTMLElement, option: HTMLElement | null | undefined): void {
  if (option === undefined) return;
  list.querySelector(".is-marked")?.classList.remove("is-marked");
  option?.classList.add("is-marked");
  option?.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option?.id ?? "");
}

function keyed(event: KeyboardEvent, list: HTMLElement, input: HTMLElement, close: (value?: string) => void): void {
  const all = [...list.querySelectorAll<HTMLElement>('[role="option"]')];
  const here = all.findIndex((one) => one.classList.contains("is-marked"));
  const to: Record<string, number> = { ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + 8, PageUp: here - 8 };
  const wanted = to[event.key];
  if (wanted !== undefined) mark(list, input, all[Math.max(0, Math.min(wanted, all.length - 1))]);
  else if (event.key === "Enter" || event.key === "Tab") close(all[here]?.dataset["value"]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Under the button, or above it where there is more room; always within the window. */
function place(panel: HTMLElement, button: HTMLElement): void {
  const box = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const below = window.innerHeight - box.bottom > height + MARGIN_PX || box.top < height;
  panel.style.left = `${Math.max(MARGIN_PX, Math.min(box.left, window.innerWidth - width - MARGIN_PX))}px`;
  panel.style.top = `${below ? box.bottom + 4 : box.top - height - 4}px`;
}
