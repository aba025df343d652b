/** Vite's way to the address of a file that a page is served with. */
declare module '*?url' {
  const url: string;
  export default url;
}
