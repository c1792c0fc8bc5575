// Package wxcrypt opens and seals the envelopes in which Tencent's platforms call
// back: WeCom (企业微信) and the Official Account (公众号). An envelope is AES-256-CBC
// under a key that was entered on the platform's page, with the receiver's name
// inside, and a SHA-1 signature over it in the query of the address.
//
// Open checks everything that the common libraries leave out: the signature in
// constant time and before anything is decrypted, the padding, the declared
// length, and whom the envelope was meant for.
package wxcrypt
