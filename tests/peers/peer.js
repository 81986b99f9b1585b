// SPDX-License-Identifier: BSL-1.0
// Node as a peer: peer.js serve|client SETTINGS. What peer.py does with Python's ssl, done with Node's https and tls.
'use strict'
const crypto = require('crypto')
const fs = require('fs')
const https = require('https')
const tls = require('tls')

const read = (name) => (name ? fs.readFileSync(name) : undefined)

function serve(settings) {
  const large = read(settings.large)
  const options = {cert: read(settings.cert), key: read(settings.key), ca: read(settings.ca), requestCert: settings.ca !== null,
                   rejectUnauthorized: settings.ca !== null, ALPNProtocols: settings.alpn.length ? settings.alpn : undefined}
  const server = https.createServer(options, (request, response) => {
    const answer = (body) => response.writeHead(200, {'Content-Length': body.length, Connection: 'close'}).end(body)
    const subject = request.socket.getPeerCertificate().subject
    const blocks = []
    request.on('data', (block) => blocks.push(block))
    request.on('end', () => answer(request.method === 'POST' ? Buffer.concat(blocks) : request.url === '/large' ? large
      : Buffer.from(`client: ${subject ? subject.CN : ''}\n`)))
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1', () => console.log(server.address().port))
  process.stdin.on('end', () => process.exit(0)).resume()
}

function report(result) {
  console.log(JSON.stringify(result))
  process.exit(0)
}

function client(settings) {
  const version = `TLSv${settings.version}`
  const options = {host: '127.0.0.1', port: settings.port, servername: 'localhost', ca: read(settings.ca),
                   cert: read(settings.cert), key: read(settings.key), minVersion: version, maxVersion: version, agent: false,
                   ALPNProtocols: settings.alpn.length ? settings.alpn : undefined}
  const failed = (error) => report({error: `${error.code}: ${error.message}`})
  if (settings.upload) {
    const data = read(settings.upload)
    const digest = crypto.createHash('sha256')
    let left = data.length
    const socket = tls.connect(options, () => socket.write(data))
    socket.on('data', (block) => {
      digest.update(block)
      left -= block.length
      if (left === 0) socket.end()
    })
    socket.on('end', () => report(left ? {error: 'the echo ends early'}
      : {version: socket.getProtocol(), sha256: digest.digest('hex')}))
    socket.on('error', failed)
    return
  }
  https.get(options, (response) => {
    const seen = {version: response.socket.getProtocol(), alpn: response.socket.alpnProtocol || null, status: response.statusCode}
    let body = ''
    response.on('data', (text) => { body += text })
    response.on('end', () => report({...seen, body}))
    response.on('error', failed)
  }).on('error', failed)
}

const [action, settings] = process.argv.slice(2)
;({serve, client})[action](JSON.parse(settings))
