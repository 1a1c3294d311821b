import type { StructField } from "../catalog/types.ts";
import { SparrowError } from "../catalog/errors.ts";
import type { Settings } from "../catalog/settings.ts";
import type { Engine } from "./engine.ts";
import { DEFAULT_DATABASE } from "./catalog-store.ts";
import { type ObjectName, objectName, quoted } from "./object-names.ts";
import { SessionVariables } from "./session-variables.ts";

/** A view that ends with its session: a query, or a file read under a name (CREATE TEMPORARY VIEW ... USING). */
export type TemporaryView =
  | { readonly kind: "query"; readonly name: string; readonly text: string; readonly columns: readonly { readonly name: string; readonly comment?: string }[]; readonly settings: Readonly<Record<string, string>>; readonly database: string; readonly comment?: string }
  | { readonly kind: "files"; readonly name: string; readonly format: string; readonly location: string; readonly files?: ReadonlySet<string>; readonly schema: readonly StructField[] | undefined; readonly options: Readonly<Record<string, string>> };

interface SessionState {
  database: string;
  /** By lower-case name. */
  readonly temporaryViews: Map<string, TemporaryView>;
  readonly variables: SessionVariables;
}

/** What one user has set up: settings, current database, temporary views, variables. Statements of one session may overlap; each pins what it needs at its start. */
export class Session {
  readonly engine: Engine;
  readonly settings: Settings;
  readonly #state: SessionState;

  constructor(engine: Engine, settings: Settings, state: SessionState = { database: DEFAULT_DATABASE, temporaryViews: new Map(), variables: new SessionVariables() }) {
    this.engine = engine;
    this.settings = settings;
    this.#state = state;
  }

  /** The same session with other settings for one statement. */
  withSettings(changes: Readonly<Record<string, string>>): Session {
    const settings = this.settings.fork();
    for (const [name, text] of Object.entries(changes)) settings.set(name, text);
    return new Session(this.engine, settings, this.#state);
  }

  /** The same session with one more temporary view, for one statement. */
  withTemporaryView(view: TemporaryView): Session {
    return new Session(this.engine, this.settings, { database: this.database, temporaryViews: new Map([...this.temporaryViews, [view.name.toLowerCase(), view]]), variables: this.variables });
  }

  get database(): string {
    return this.#state.database;
  }

  set database(name: string) {
    this.#state.database = name;
  }

  get variables(): SessionVariables {
    return this.#state.variables;
  }

  get temporaryViews(): ReadonlyMap<string, TemporaryView> {
    return this.#state.temporaryViews;
  }

  /** IANA name or offset in which timestamps are read and shown. */
  get timeZone(): string {
    return this.settings.text("spark.sql.session.timeZone") || this.engine.machineTimeZone;
  }

  /** The temporary view that a name means: only a name without a database can. */
  temporaryView(parts: readonly string[]): TemporaryView | undefined {
    return parts.length === 1 ? this.#state.temporaryViews.get(parts[0].toLowerCase()) : undefined;
  }

  putTemporaryView(view: TemporaryView, replace: boolean): void {
    const key = view.name.toLowerCase();
    if (!replace && this.#state.temporaryViews.has(key)) {
      const relationName = quoted(view.name);
      throw new SparrowError("TEMP_TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", `Cannot create the temporary view ${relationName} because it already exists. Choose a different name, drop or replace the existing view, or add the IF NOT EXISTS clause to tolerate pre-existing views.`, { relationName });
    }
    this.#state.temporaryViews.set(key, view);
  }

  dropTemporaryView(name: string): boolean {
    return this.#state.temporaryViews.delete(name.toLowerCase());
  }

  /** The catalog's name for what was written. */
  resolveName(parts: readonly string[]): ObjectName | undefined {
    return objectName(parts, this.database);
  }
}
