// A copy button on every block of code, and the list of pages open where there is room for it.
const WIDE = window.matchMedia("(min-width: 60rem)");

function addCopyButton(block) {
  const frame = document.createElement("div");
  frame.className = "copyable";
  block.replaceWith(frame);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy this code");
  button.addEventListener("click", () => copy(block.textContent, button));
  frame.append(block, button);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Press Ctrl+C"; // no clipboard outside https and localhost
    window.getSelection().selectAllChildren(button.previousElementSibling);
  }
  window.setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

function openWhereWide() {
  const list = document.querySelector("details.guide");
  if (list) list.open = WIDE.matches;
}

document.querySelectorAll("pre.code").forEach(addCopyButton);
openWhereWide();
WIDE.addEventListener("change", openWhereWide);
