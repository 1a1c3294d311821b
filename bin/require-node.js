// Plain JavaScript, so that an old Node can read it far enough to say what is wrong.
const needed = [22, 18];
const have = process.versions.node.split(".").map(Number);
if (have[0] < needed[0] || (have[0] === needed[0] && have[1] < needed[1])) {
  process.stderr.write(
    "Sparrow needs Node " + needed.join(".") + " or newer, and this is " + process.versions.node + "; in a checkout, run it through npm, which uses the Node that `npm ci` installed.\n",
  );
  process.exit(1);
}
