/** Preloaded into the command line (node --import): kills it right after the write to the network that KILL_AT counts. */
import net from 'node:net'

const at = Number(process.env['KILL_AT'])
const before = Object.getOwnPropertyDescriptors(net.Socket.prototype)
const toServer = new WeakSet()
let writes = 0

net.Socket.prototype.connect = function (...args) {
  toServer.add(this)
  return before.connect.value.apply(this, args)
}

const counted = (send) =>
  function (...args) {
    send.apply(this, args)
    if (!toServer.has(this)) return
    writes += 1
    if (writes === at) process.kill(process.pid, 'SIGKILL')
  }
net.Socket.prototype._write = counted(before._write.value)
net.Socket.prototype._writev = counted(before._writev.value)
