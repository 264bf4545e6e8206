// <samovar-tiles>: tiles that a mouse puts in order by their handles. In a form the order is that of its fields; a board sends it
// at once, and where it is not kept the tiles stand as before. Buttons of the form do the same from the keyboard.

export class SamovarTiles extends HTMLElement {
  #dragged: HTMLElement | null = null;
  #before: HTMLElement[] = [];

  connectedCallback(): void {
    this.addEventListener("dragstart", (event) => this.#begin(event));
    this.addEventListener("dragover", (event) => this.#over(event));
    this.addEventListener("drop", (event) => event.preventDefault());
    this.addEventListener("dragend", (event) => void this.#end(event));
  }

  get #tiles(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>(":scope > [data-tile]")];
  }

  #begin(event: DragEvent): void {
    const tile = (event.target as Element).closest<HTMLElement>("[data-tile]");
    const isHandle = event.target instanceof HTMLElement && event.target.draggable && event.target.dataset["handle"] !== undefined;
    if (!tile || !isHandle) return;
    // A tile on its way comes by its old place; a second order waits for the first.
    if (this.querySelector(".htmx-request") || this.hasAttribute("aria-busy")) {
      event.preventDefault();
      return;
    }
    event.dataTransfer?.setData("text/plain", "");
    event.dataTransfer?.setDragImage(tile, 16, 16);
    this.#dragged = tile;
    this.#before = this.#tiles;
    tile.classList.add("is-dragged");
  }

  #over(event: DragEvent): void {
    if (!this.#dragged) return;
    event.preventDefault();
    const over = (event.target as Element).closest<HTMLElement>("[data-tile]");
    if (!over || over === this.#dragged || over.parentElement !== this) return;
    const isAfter = this.#tiles.indexOf(over) > this.#tiles.indexOf(this.#dragged);
    if (isAfter) over.after(this.#dragged);
    else over.before(this.#dragged);
  }

  async #end(event: DragEvent): Promise<void> {
    if (!this.#dragged) return;
    this.#dragged.classList.remove("is-dragged");
    this.#dragged = null;
    const isMoved = this.#tiles.some((tile, place) => tile !== this.#before[place]);
    if (event.dataTransfer?.dropEffect === "none") this.#restore();
    else if (isMoved && this.dataset["save"]) await this.#save(this.dataset["save"]);
  }

  async #save(url: string): Promise<void> {
    const body = new FormData();
    body.set("version", this.dataset["version"] ?? "");
    for (const tile of this.#tiles) body.append("order", tile.dataset["tile"] ?? "");
    this.setAttribute("aria-busy", "true");
    const message = await this.#sent(url, body);
    this.removeAttribute("aria-busy");
    if (message !== null) this.#restore();
    this.#say(message ?? "");
  }

  /** Null where it is kept, else why it is not. */
  async #sent(url: string, body: FormData): Promise<string | null> {
    const headers = { "X-CSRFToken": this.dataset["token"] ?? "" };
    const answer = await fetch(url, { method: "POST", body, headers }).catch(() => null);
    const told = (await answer?.json().catch(() => null)) as { version?: number; message?: string } | null;
    if (!answer?.ok || told?.version === undefined) return told?.message || (this.dataset["failed"] ?? "");
    this.dataset["version"] = String(told.version);
    for (const [place, tile] of this.#tiles.entries()) tile.dataset["tile"] = String(place);
    return null;
  }

  #restore(): void {
    this.append(...this.#before);
  }

  #say(message: string): void {
    const place = document.querySelector("#alert");
    const text = document.createElement("p");
    text.className = "notice error";
    text.textContent = message;
    place?.replaceChildren(...(message ? [text] : []));
  }
}

customElements.define("samovar-tiles", SamovarTiles);
