// The words of mask/, by key.
export default {};
