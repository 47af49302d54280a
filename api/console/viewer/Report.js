// Placeholder until the component stands here.
export function Report() {
  return null;
}
