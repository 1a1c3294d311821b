// Loaded with --import: at its end the process tells on stderr which modules it loaded.
import { registerHooks } from "node:module";

const loaded = new Set();
registerHooks({
  load(url, context, nextLoad) {
    loaded.add(url);
    return nextLoad(url, context);
  },
});
process.on("exit", () => process.stderr.write(`LOADED ${JSON.stringify([...loaded])}\n`));
