// The box in a list's heading chooses every row of the page; without this script each row has its own box still.

export function chooseAll(root: ParentNode): void {
  for (const box of root.querySelectorAll<HTMLInputElement>("[data-choose-all]")) {
    box.hidden = false;
    box.addEventListener("change", () => {
      for (const row of box.closest("table")?.querySelectorAll<HTMLInputElement>("input[name=row]") ?? []) row.checked = box.checked;
    });
  }
}
