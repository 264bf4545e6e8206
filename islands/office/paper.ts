// A page is printed in the colours of the light theme whatever the reader's is. The style sheet is still that of the screen when a
// browser says that it is about to print, so a class says it to the sheet, and to charts, which are drawn and not styled.

export function paper(): void {
  const root = document.documentElement;
  addEventListener("beforeprint", () => root.classList.add("on-paper"));
  addEventListener("afterprint", () => root.classList.remove("on-paper"));
}
