/**
 * Ends what a suite has started when this process is killed: a shell that waits on a pipe which only this process
 * holds open, and knows the process groups that are running with the marks by which daemons are found that left
 * them. suite-process.ts tells it of each.
 */
import { spawn } from 'node:child_process'
import type { Mark } from './marked-processes.ts'

/** End of file without a word means that we died. Marked twice over: what is being ended may start something yet. */
const script = `
running=''
while read -r word group mark; do
  case "$word" in
    began) running="$running $group:$mark" ;;
    ended)
      left=''
      for one in $running; do [ "\${one%%:*}" = "$group" ] || left="$left $one"; done
      running="$left" ;;
    done) exit 0 ;;
  esac
done
for one in $running; do kill -s KILL -- "-\${one%%:*}" 2>/dev/null; done
for round in 1 2; do
  for one in $running; do
    case "$one" in *:*=?*) ;; *) continue ;; esac
    for file in /proc/[0-9]*/environ; do
      if tr '\\0' '\\n' 2>/dev/null < "$file" | grep -qxF -e "\${one#*:}"; then
        pid="\${file#/proc/}"
        kill -s KILL "\${pid%/environ}" 2>/dev/null
      fi
    done 2>/dev/null
  done
done
`

export interface Watchdog {
  /** `mark`: as Mark.entry has it. */
  began(group: number, mark: Mark['entry']): void
  ended(group: number): void
  dismiss(): void
}

export const startWatchdog = (): Watchdog => {
  const dog = spawn('/bin/sh', ['-c', script, 'assay-suite-watchdog'], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  dog.on('error', () => undefined)
  dog.stdin.on('error', () => undefined)
  dog.unref()
  // A pipe of a child is a socket that can be left out of the count of what keeps this process alive.
  ;(dog.stdin as unknown as { unref?(): void }).unref?.()
  return {
    began: (group, mark) => void dog.stdin.write(`began ${group} ${mark}\n`),
    ended: (group) => void dog.stdin.write(`ended ${group}\n`),
    dismiss: () => void dog.stdin.end('done\n'),
  }
}
