/** A hub's end of a socket: what it sends waits until the client reads it, or is lost with the connection. */
export class ServerSocket {
  isOpen = true;
  /** Null while it is open, and if the connection was lost. */
  closeCode: number | null = null;
  readonly #frames: string[] = [];
  #attachment: unknown = null;
  #webSocket: WebSocket | null = null;

  /** As the hub's present instance holds it: what an earlier one still does has no effect. */
  asWebSocket(): WebSocket {
    this.#webSocket ??= this.#created();
    return this.#webSocket;
  }

  renew(): void {
    this.#webSocket = null;
  }

  /** What was sent and not read, in characters. */
  get waitingBytes(): number {
    return this.#frames.reduce((sum, frame) => sum + frame.length, 0);
  }

  /** Takes what has arrived, at most so many frames. */
  read(atMost: number): { type: string; payload?: unknown }[] {
    return this.#frames.splice(0, atMost).map((frame) => JSON.parse(frame));
  }

  #created(): WebSocket {
    const isOpen = () => this.isOpen;
    const webSocket = {
      get readyState() {
        return isOpen() ? WebSocket.OPEN : WebSocket.CLOSED;
      },
      send: (frame: string) => {
        if (this.#webSocket === created && this.isOpen) this.#frames.push(frame);
      },
      close: (code: number) => {
        if (this.#webSocket !== created || !this.isOpen) return;
        this.isOpen = false;
        this.closeCode = code;
      },
      serializeAttachment: (value: unknown) => {
        if (this.#webSocket === created) this.#attachment = structuredClone(value);
      },
      deserializeAttachment: () => structuredClone(this.#attachment),
    };
    const created = webSocket as unknown as WebSocket;
    return created;
  }
}
