/** Preloaded into the command line (node --import): kills it right after the write to the network that KILL_AT counts. */
import net from 'node:net'

const at = Number(process.env['KILL_AT'])
const { connect, _write, _writev } = net.Socket.prototype
const toServer = new WeakSet()
let writes = 0

net.Socket.prototype.connect = function (...args) {
  toServer.add(this)
  return connect.apply(this, args)
}

const counted = (send) =>
  function (...args) {
    send.apply(this, args)
    if (!toServer.has(this)) return
    writes += 1
    if (writes === at) process.kill(process.pid, 'SIGKILL')
  }
net.Socket.prototype._write = counted(_write)
net.Socket.prototype._writev = counted(_writev)
