// A form or button with data-confirm asks before it does what cannot easily be undone.

export function confirmations(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const question = (event as SubmitEvent).submitter?.dataset["confirm"] ?? form.dataset["confirm"];
    if (question && !window.confirm(question)) event.preventDefault();
  }, { capture: true });
}
