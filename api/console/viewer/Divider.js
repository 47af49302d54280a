// The line between before and after: dragged by mouse, pen or finger, moved by the keys of a slider.
import { html, useRef } from "../vendor/htm-preact.js";
import { percent, t } from "../i18n.js";

const STEPS = { ArrowLeft: -0.02, ArrowDown: -0.02, ArrowRight: 0.02, ArrowUp: 0.02, PageDown: -0.1, PageUp: 0.1 };

/** `share`: how much of the pane, from the left, shows the photo: 0 to 1. */
export function Divider({ share, setShare }) {
  const line = useRef(null);
  const follow = (event) => {
    const { left, width } = line.current.parentElement.getBoundingClientRect();
    setShare(bounded((event.clientX - left) / width));
  };
  const onPointerDown = (event) => {
    line.current.setPointerCapture(event.pointerId);
    follow(event);
  };
  const onPointerMove = (event) => line.current.hasPointerCapture(event.pointerId) && follow(event);
  const onKeyDown = (event) => {
    const ends = { Home: 0, End: 1 };
    const next = event.key in ends ? ends[event.key] : event.key in STEPS ? bounded(share + STEPS[event.key]) : null;
    if (next === null || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation(); // arrows would move the picture, too
    setShare(next);
  };
  const told = t("compare.share", { before: percent(share), after: percent(1 - share) });
  return html`
    <div class="divider" ref=${line} data-own-gestures role="slider" tabindex="0" aria-label=${t("compare.divider")}
      aria-orientation="horizontal" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(share * 100)} aria-valuetext=${told}
      style=${{ left: `${share * 100}%` }} onPointerDown=${onPointerDown} onPointerMove=${onPointerMove} onKeyDown=${onKeyDown}>
      <span class="divider-grip" aria-hidden="true"></span>
    </div>`;
}

const bounded = (share) => Math.min(1, Math.max(0, Math.round(share * 1000) / 1000));
