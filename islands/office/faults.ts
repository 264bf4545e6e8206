// A form that comes back refused opens at its first field at fault: the field is brought into sight and has the focus.

export function faults(): void {
  const first = document.querySelector<HTMLElement>('main [aria-invalid="true"]:not([type="hidden"], :disabled)');
  if (!first) return;
  first.scrollIntoView({ block: "center", behavior: "instant" });
  first.focus({ preventScroll: true });
}
