/**
 * What in SQL may hold any letters without meaning them: sources of regular expressions, for those that look for names
 * in the rest. Quantifiers run over plain stretches, as in script.ts. `mark` is the group of a dollar quote.
 */
export const steppedOver: readonly string[] = [
  String.raw`--[^\n]*`,
  String.raw`/\*[^*]*(?:\*(?!/)[^*]*)*\*/`,
  String.raw`(?<![\w\u0080-\uffff$])[eE]'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'`,
  String.raw`'[^']*(?:''[^']*)*'`,
  String.raw`"[^"]*(?:""[^"]*)*"`,
  String.raw`(?<![\w\u0080-\uffff$])(?<mark>\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)[\s\S]*?\k<mark>`,
  // Casts and assignments: their colons begin no name.
  '::',
  ':=',
]
