import type { Engine } from "../engine.ts";
import type { Session } from "../session.ts";

const MAX_SESSIONS = 1000;

/** Sessions by the id that clients chose; when there are too many, the one that was used longest ago is forgotten. */
export class HttpSessions {
  readonly #engine: Engine;
  readonly #sessions = new Map<string, Session>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** The session of that id, made at its first use; without an id a session for one statement. */
  get(id: string | undefined): Session {
    if (id === undefined) return this.#engine.newSession();
    const session = this.#sessions.get(id) ?? this.#engine.newSession();
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    if (this.#sessions.size > MAX_SESSIONS) for (const oldest of [...this.#sessions.keys()].slice(0, 1)) this.#sessions.delete(oldest);
    return session;
  }

  close(id: string): boolean {
    return this.#sessions.delete(id);
  }
}
