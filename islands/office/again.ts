// Parts that ask for themselves again and again (`data-again`): not while nobody looks, nor while somebody reads inside them.

/** Whether a part is being read: something in it has the focus, was unfolded or scrolled. */
function isRead(part: Element): boolean {
  const scrolled = [...part.querySelectorAll(".scroll")].some((one) => one.scrollTop > 0 || one.scrollLeft > 0);
  return scrolled || part.contains(document.activeElement) || part.querySelector("details[open]") !== null;
}

export function again(): void {
  document.body.addEventListener("htmx:confirm", (event) => {
    const part = event.target as Element;
    if (part.matches("[data-again]") && (document.hidden || isRead(part))) event.preventDefault();
  });
}
