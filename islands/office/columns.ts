// Choosing the columns of a list: the choice stands in the address, so a link carries it.

export function columnChooser(): void {
  document.addEventListener("change", (event) => {
    const box = event.target as HTMLInputElement;
    const chooser = box.closest<HTMLElement>("[data-columns]");
    if (!chooser) return;
    const chosen = [...chooser.querySelectorAll<HTMLInputElement>("input:checked")].map((one) => one.value);
    const address = new URL(location.href);
    address.searchParams.set("cols", chosen.join(","));
    address.searchParams.delete("after");
    location.assign(address);
  });
}
