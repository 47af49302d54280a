// A job's pictures to choose from: looked at side by side, judged, picked, and asked for again.
import { html, useEffect, useState } from "../vendor/htm-preact.js";
import { blob, local, may } from "../api.js";
import { t, useLang } from "../i18n.js";
import { sendAside } from "../photos/photos.js";
import { Button, ProblemNotice } from "../ui/ui.js";
import { Card } from "./Card.js";
import { Reject, decide } from "./Decision.js";
import { again, canBeLiked, factsOf, makerOf, moreLike } from "./facts.js";

/**
 * `job`: its document, ended or not. `onPick(output)`: make it the next photo. `onRegenerate(changes)`: send the job
 * again with these members (seed, parent, operations or input). `onOpen(index)`: look at one, if there is a place for it.
 */
export function Candidates({ job, onPick, onRegenerate, onOpen }) {
  useLang();
  const [chosen, setChosen] = useState(() => new Set());
  const [decisions, setDecisions] = useState({});
  useEffect(() => {
    setChosen(new Set());
    setDecisions({});
  }, [job.id]);
  if (!job.outputs.length) return html`<p class="faint" role="status">${t(`candidates.${job.state === "succeeded" ? "none" : "waiting"}`)}</p>`;
  const facts = factsOf(job);
  const toggle = (index) => setChosen((old) => new Set(old.has(index) ? [...old].filter((other) => other !== index) : [...old, index]));
  const heard = (outputs) => setDecisions((old) => ({ ...old, ...Object.fromEntries(outputs.map((output) => [output.index, output.decision])) }));
  return html`
    <section class="candidates" aria-label=${t("candidates.title")}>
      <${Told} job=${job} />
      <ul class="candidate-grid">${job.outputs.map((output, at) => html`
        <${Card} key=${output.index} output=${output} facts=${facts[at]} place=${at} chosen=${chosen.has(output.index)}
          decision=${output.index in decisions ? decisions[output.index] : output.decision} onToggle=${() => toggle(output.index)} onOpen=${onOpen} />`)}
      </ul>
      <${Actions} ...${{ job, chosen: [...chosen].sort((a, b) => a - b), setChosen, heard, onPick, onRegenerate }} />
    </section>`;
}

/** What was understood of the wish, and how many pictures were made for these. */
function Told({ job }) {
  const found = makerOf(job)?.findings;
  const unknown = (found?.unknown ?? []).map(({ text }) => text).filter(Boolean);
  const chosen = found?.candidates > job.outputs.length;
  if (!chosen && !unknown.length) return null;
  return html`
    <p class="soft">${chosen && t("candidates.made", { n: found.candidates, kept: job.outputs.length })}
      ${unknown.length > 0 && html` <strong>${t("candidates.unknown", { words: unknown.join(", ") })}</strong>`}</p>`;
}

function Actions({ job, chosen, setChosen, heard, onPick, onRegenerate }) {
  const [busy, setBusy] = useState(null);
  const [problem, setProblem] = useState(null);
  const [rejecting, setRejecting] = useState(false);
  const doing = (name, action) => async () => {
    setBusy(name);
    setProblem(null);
    try {
      await action();
    } catch (refusal) {
      setProblem(refusal);
    } finally {
      setBusy(null);
    }
  };
  const judge = (verdict, note) => doing(verdict, async () => {
    heard(await decide(job, chosen, verdict, note));
    setChosen(new Set());
  })();
  const like = async () => {
    const uploads = [];
    for (const index of chosen.slice(0, 8)) uploads.push(await sendAside(await blob(local(job.outputs[index].url))));
    await onRegenerate(moreLike(job, chosen, uploads));
  };
  const none = !chosen.length || !may("jobs:write");
  return html`
    <div class="candidate-actions" role="group" aria-label=${t("candidates.actions")}>
      <p role="status" class="soft">${t("candidates.chosen", { n: chosen.length })}</p>
      <${Button} small=${true} icon="check" disabled=${none} busy=${busy === "approved"} onClick=${() => judge("approved")}>${t("decision.approve")}<//>
      <${Button} small=${true} icon="close" disabled=${none} busy=${busy === "rejected"} onClick=${() => setRejecting(true)}>${t("decision.reject")}<//>
      ${onRegenerate && canBeLiked(job) && html`<${Button} small=${true} icon="spark" disabled=${none} busy=${busy === "like"} onClick=${doing("like", like)}>${t("candidates.moreLike")}<//>`}
      ${onPick && html`<${Button} small=${true} icon="photo" disabled=${chosen.length !== 1} onClick=${doing("pick", () => onPick(job.outputs[chosen[0]]))}>${t("candidates.pick")}<//>`}
      ${onRegenerate && html`
        <${Button} small=${true} icon="redo" disabled=${!may("jobs:write")} busy=${busy === "again"}
          onClick=${doing("again", () => onRegenerate(again(job)))}>${t("candidates.again")}<//>`}
      ${problem && html`<${ProblemNotice} problem=${problem} />`}
      ${rejecting && html`<${Reject} n=${chosen.length} onReject=${(note) => judge("rejected", note)} onClose=${() => setRejecting(false)} />`}
    </div>`;
}
