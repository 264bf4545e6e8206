// ⌘K: a dialog that asks the server as one types; arrows walk through what it found.

export function finder(): void {
  const dialog = document.querySelector<HTMLDialogElement>("#finder");
  const button = document.querySelector<HTMLButtonElement>("[data-find]");
  if (!dialog || !button) return;
  const input = dialog.querySelector<HTMLInputElement>("input");
  const open = (): void => {
    dialog.showModal();
    input?.select();
  };
  button.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.querySelector("form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    dialog.querySelector<HTMLAnchorElement>("#found a")?.click();
  });
  dialog.addEventListener("keydown", (event) => walk(event, dialog, input));
}

function walk(event: KeyboardEvent, dialog: HTMLElement, input: HTMLInputElement | null): void {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const links = [...dialog.querySelectorAll<HTMLAnchorElement>("#found a")];
  if (!links.length) return;
  event.preventDefault();
  const here = links.indexOf(document.activeElement as HTMLAnchorElement);
  const next = here + (event.key === "ArrowDown" ? 1 : -1);
  if (next < 0) input?.focus();
  else links[Math.min(next, links.length - 1)]?.focus();
}
