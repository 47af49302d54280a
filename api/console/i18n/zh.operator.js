// The words of operator/, by key.
export default {};
