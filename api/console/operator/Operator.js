// Placeholder until the component stands here.
export function Operator() {
  return null;
}
