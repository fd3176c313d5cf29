/** What a shell is taught about Assay: to ask it, on each Tab, what may stand at the cursor. Nothing typed is evaluated. */
import type { Shell } from './completion-values.ts'

const bash = `# bash completion for assay
_assay() {
  local LC_ALL=C line="\${COMP_LINE:0:COMP_POINT}" reply
  unset LC_ALL
  COMPREPLY=()
  while IFS= read -r reply; do
    COMPREPLY+=("$reply")
  done < <("$1" complete bash "$line" "$COMP_WORDBREAKS" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]]; then
    compopt -o nospace 2>/dev/null
  fi
}
complete -o nosort -F _assay assay 2>/dev/null || complete -F _assay assay
`

const zsh = `#compdef assay
_assay() {
  local value about
  local -a values abouts directories
  while IFS=$'\\t' read -r value about; do
    if [[ $value == */ ]]; then
      directories+=("$value")
    else
      values+=("$value")
      abouts+=("$value\${about:+  $about}")
    fi
  done < <("$words[1]" complete zsh "\${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)
  (( $#values )) && compadd -l -d abouts -a values
  (( $#directories )) && compadd -S '' -a directories
}
if [[ $funcstack[1] == _assay ]]; then
  _assay "$@"
else
  compdef _assay assay
fi
`

const fish = `# fish completion for assay
function __assay_complete
  set -l line (commandline -cp | string collect)
  assay complete fish "$line" 2>/dev/null
end
complete -c assay -f -a '(__assay_complete)'
`

export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish }
