// The code that does what a job did, in three languages. Pure: a spec in, text out; tests run what comes out.

/** {curl, python, javascript} for a job's spec; `base`: this server; `file`: the photo's name on the reader's disk. */
export function codeOf(spec, base, file = "photo.jpg") {
  const { input, metadata, parent, ...rest } = spec;
  const name = metadata?.file ?? (input?.upload ? file : null);
  const wanted = { ...rest, ...(name ? { metadata: { file: name } } : {}) }; // what the job is called here
  if (wanted.priority === "interactive") delete wanted.priority; // the default
  if (wanted.check === false) delete wanted.check;
  if (!wanted.renditions?.length) delete wanted.renditions;
  const photo = input?.upload ? file : null;
  const known = input?.url ? { input, ...wanted } : wanted;
  return { curl: curl(known, base, photo), python: python(known, base, photo), javascript: javascript(known, base, photo) };
}

function curl(spec, base, photo) {
  const body = photo ? [`  -F ${shell(`file=@${photo}`)}`, `  --form-string ${shell(`spec=${JSON.stringify(spec)}`)}`]
    : ['  -H "Content-Type: application/json"', `  --data ${shell(JSON.stringify(spec))}`];
  return [
    "# export PACKSHOT_API_KEY=psk_…",
    `curl -sS --fail-with-body ${shell(`${base}/v1/jobs?wait=60`)} \\`,
    '  -H "Authorization: Bearer $PACKSHOT_API_KEY" \\',
    `${body.join(" \\\n")} \\`,
    "  -o job.json",
    "# job.json: the pictures are at outputs[].url, links that open without a key.",
    "# Is its state still \"queued\" or \"running\"? Ask again at urls.self, with ?wait=60.",
  ].join("\n");
}

/** One word for a shell. */
const shell = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

function python(spec, base, photo) {
  const { operations = [], ...more } = spec;
  const fields = Object.entries(more).map(([name, value]) => `        ${name}=${literal(value, 8)},`);
  return [
    "import packshot",
    "",
    "# The key is taken from the environment: PACKSHOT_API_KEY=psk_…",
    `with packshot.Client(${JSON.stringify(base)}) as client:`,
    "    job = client.submit(",
    `        ${photo ? JSON.stringify(photo) : "None"},`,
    `        ${literal(operations, 8)},`,
    ...fields,
    "    )",
    "    for path in job.wait().download_all(\"results\"):",
    "        print(path)",
  ].join("\n");
}

const LINE = 100;

/** A JSON value as Python writes it, broken over lines where it is long. */
function literal(value, indent = 0) {
  const flat = pythonic(value);
  if (flat.length + indent <= LINE || value === null || typeof value !== "object") return flat;
  const inner = " ".repeat(indent + 4);
  const parts = Array.isArray(value) ? value.map((one) => literal(one, indent + 4))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${literal(one, indent + 4)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${parts.map((part) => `${inner}${part},`).join("\n")}\n${" ".repeat(indent)}${close}`;
}

function pythonic(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(pythonic).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${pythonic(one)}`).join(", ")}}`;
  return JSON.stringify(value);
}

function javascript(spec, base, photo) {
  const body = photo ? [
    "const form = new FormData();",
    `form.append("file", new Blob([await readFile(${JSON.stringify(photo)})]), ${JSON.stringify(photo)});`,
    `form.append("spec", JSON.stringify(${JSON.stringify(spec, null, 2)}));`,
  ] : [`const form = JSON.stringify(${JSON.stringify(spec, null, 2)});`, 'headers["Content-Type"] = "application/json";'];
  return [
    "// Node 20 or newer, as a module: node job.mjs",
    `import { ${photo ? "readFile, " : ""}writeFile } from "node:fs/promises";`,
    "",
    `const base = ${JSON.stringify(base)};`,
    "const headers = { Authorization: `Bearer ${process.env.PACKSHOT_API_KEY}` };",
    ...body,
    "let job = await ask(`${base}/v1/jobs?wait=60`, { method: \"POST\", headers, body: form });",
    "while ([\"queued\", \"running\"].includes(job.state)) job = await ask(`${base}/v1/jobs/${job.id}?wait=60`, { headers });",
    "if (job.state !== \"succeeded\") throw new Error(job.problem?.detail ?? job.state);",
    "for (const output of job.outputs) {",
    "  const picture = await fetch(output.url);",
    "  await writeFile(output.name ?? `${output.index}.${output.format}`, Buffer.from(await picture.arrayBuffer()));",
    "}",
    "",
    "async function ask(url, options) {",
    "  const answer = await fetch(url, options);",
    "  const document = await answer.json();",
    "  if (!answer.ok) throw new Error(document.detail);",
    "  return document;",
    "}",
  ].join("\n");
}
