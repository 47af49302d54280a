// Placeholder until the component stands here.
export function Candidates() {
  return null;
}
