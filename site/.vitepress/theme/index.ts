/** The default theme without its fonts: pages use the fonts of the reader's system and load nothing from other hosts. */
export { default } from 'vitepress/theme-without-fonts';
