/** Text of a catalog as it is shown: letters that turn or hide others are written out, so that nothing looks like what it is not. */

const unseen =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Cs}/gu

const escaped = (letter: string): string =>
  [...Array(letter.length).keys()]
    .map((i) => `\\u${letter.charCodeAt(i).toString(16).padStart(4, '0')}`)
    .join('')

export const shownText = (text: string): string => text.replaceAll(unseen, escaped)

/** `1 rule`, `3 rules`, `1,204 rules`. */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`
