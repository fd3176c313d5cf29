/**
 * Ends what a suite has started when this process is killed: a shell that waits on a pipe which only this process
 * holds open, and knows the process groups that are running. suite-process.ts tells it of each.
 */
import { spawn } from 'node:child_process'

/** End of file without a word means that we died. */
const script = `
groups=''
while read -r word group; do
  case "$word" in
    began) groups="$groups $group" ;;
    ended)
      left=''
      for one in $groups; do [ "$one" = "$group" ] || left="$left $one"; done
      groups="$left" ;;
    done) exit 0 ;;
  esac
done
for one in $groups; do kill -s KILL -- "-$one" 2>/dev/null; done
`

export interface Watchdog {
  began(group: number): void
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
    began: (group) => void dog.stdin.write(`began ${group}\n`),
    ended: (group) => void dog.stdin.write(`ended ${group}\n`),
    dismiss: () => void dog.stdin.end('done\n'),
  }
}
