/** The text of a file, as Vite imports it. */
declare module '*.sql?raw' {
  const text: string;
  export default text;
}
