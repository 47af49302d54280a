// Where a job comes from and what came of it: the job it was made from, and those made from it, as a strip of pictures.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { get, local } from "../api.js";
import { t, useLang } from "../i18n.js";
import { href } from "../router.js";
import { Icon, StateBadge } from "../ui/ui.js";

const MOST_CHILDREN = 20;
const NOBODY = { of: null, parent: null, output: 0, children: [] };

/** `job`: its document. Nothing is shown where it has neither. */
export function Lineage({ job }) {
  useLang();
  const [family, setFamily] = useState(NOBODY);
  const parent = job.spec.parent;
  useEffect(() => {
    const stop = new AbortController();
    if (family.of !== job.id) setFamily(NOBODY);
    const { signal } = stop;
    Promise.all([
      parent ? get(`/v1/jobs/${parent.job}`, { signal }).catch(() => ({ id: parent.job, gone: true, outputs: [] })) : null,
      get("/v1/jobs", { query: { parent: job.id, limit: MOST_CHILDREN }, signal }).then(({ items }) => items, () => []),
    ]).then(([found, children]) => signal.aborted || setFamily({ of: job.id, parent: found, output: parent?.output ?? 0, children }));
    return () => stop.abort();
  }, [job.id, job.state, parent?.job]);
  if (family.of !== job.id || !(family.parent || family.children.length)) return null;
  return html`
    <nav class="lineage" aria-label=${t("lineage.title")}>
      ${family.parent && html`<div><h3>${t("lineage.parent")}</h3><ul><${Relative} job=${family.parent} output=${family.output} /></ul></div>`}
      ${family.children.length > 0 && html`<div><h3>${t("lineage.children", { n: family.children.length })}</h3>
        <ul>${family.children.map((child) => html`<${Relative} key=${child.id} job=${child} output=${0} />`)}</ul></div>`}
    </nav>`;
}

function Relative({ job, output }) {
  const shown = job.outputs[output] ?? job.outputs[0];
  if (job.gone) return html`<li class="relative gone">${t("lineage.gone")}</li>`;
  return html`
    <li><a class="relative" href=${href("job", [job.id])}>
      ${shown ? html`<img src=${local(shown.url)} alt="" loading="lazy" />` : html`<${Icon} name="photo" size="32" />`}
      <span>${job.outputs.length ? t("lineage.pictures", { n: job.outputs.length }) : html`<${StateBadge} state=${job.state} />`}</span></a></li>`;
}
