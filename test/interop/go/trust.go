package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	// tlog-cosignature: type of an Ed25519 witness key, and time || signature behind the key ID.
	cosignatureType = 0x04
	cosignatureSize = 8 + ed25519.SignatureSize
)

// trust is whom the reader believes: one log and so many of the witnesses.
type trust struct {
	log       note.Verifier
	verifiers note.Verifiers
	quorum    int
}

func newTrust(logKey string, witnesses []string, quorum int) (*trust, error) {
	log, err := note.NewVerifier(logKey)
	if err != nil {
		return nil, fmt.Errorf("key of the log: %w", err)
	}
	list := []note.Verifier{log}
	for _, key := range witnesses {
		witness, err := newCosigner(key)
		if err != nil {
			return nil, fmt.Errorf("key of a witness: %w", err)
		}
		list = append(list, witness)
	}
	return &trust{log, note.VerifierList(list...), quorum}, nil
}

// open verifies a checkpoint under all keys and reads its text. tlog.ParseTree knows one origin only, Go's own.
func (t *trust) open(signed []byte) (tlog.Tree, error) {
	opened, err := note.Open(signed, t.verifiers)
	if err != nil {
		return tlog.Tree{}, err
	}
	byLog, cosigned := false, 0
	for _, signature := range opened.Sigs {
		if signature.Name == t.log.Name() && signature.Hash == t.log.KeyHash() {
			byLog = true
		} else {
			cosigned++
		}
	}
	if !byLog || cosigned < t.quorum {
		return tlog.Tree{}, fmt.Errorf("signed by the log: %t, by %d of %d witnesses", byLog, cosigned, t.quorum)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != t.log.Name() {
		return tlog.Tree{}, errors.New("the text is no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, errors.New("the size is no decimal")
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// cosigner is a note.Verifier for cosignature/v1, which sumdb/note does not know by itself.
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("expected <name>+<key ID>+<base64>")
	}
	typed, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(typed) != 1+ed25519.PublicKeySize || typed[0] != cosignatureType {
		return nil, errors.New("no Ed25519 cosignature key (type 4)")
	}
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), typed...))
	id := binary.BigEndian.Uint32(digest[:4])
	if fmt.Sprintf("%08x", id) != parts[1] {
		return nil, errors.New("the key ID does not fit name and key")
	}
	return &cosigner{parts[0], id, typed[1:]}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.id }

func (c *cosigner) Verify(text, field []byte) bool {
	if len(field) != cosignatureSize {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(field), text)
	return ed25519.Verify(c.key, []byte(message), field[8:])
}
