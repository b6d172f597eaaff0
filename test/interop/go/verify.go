// Command verify checks a published ledger with an implementation that is not ours: golang.org/x/mod's sumdb/note and
// sumdb/tlog read, hash and prove everything below (Debian: golang-go and golang-golang-x-mod-dev).
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run ./test/interop/go -log VKEY [-witness VKEY]... [-quorum N] [-old FILE] FOLDER
//
// FOLDER holds `checkpoint`, `tile/<L>/<N>[.p/<W>]` (tlog-tiles) and, anywhere, receipts `*.tlog-proof`. The entry of a
// receipt lies beside it as `*.entry` or in its extra line (JSON member `entry`, base64); without it the leaf hash is
// taken from the tiles, which says that the receipt fits the log but not what it is about. N of the named witnesses, without -quorum all of them, must have cosigned every
// checkpoint. -old is a checkpoint kept from an earlier day: the log must still begin with it.
//
// Exit code 0: everything holds. 1: something does not, and the message says what. 2: called wrongly.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// keys is a flag that may be given more than once.
type keys []string

func (k *keys) String() string         { return strings.Join(*k, " ") }
func (k *keys) Set(value string) error { *k = append(*k, value); return nil }

func main() {
	var witnesses keys
	logKey := flag.String("log", "", "verifier key of the log")
	flag.Var(&witnesses, "witness", "verifier key of a witness; may be repeated")
	quorum := flag.Int("quorum", -1, "how many witnesses must have cosigned; without it all that are named")
	old := flag.String("old", "", "an older checkpoint that the log must still begin with")
	flag.Parse()
	if *logKey == "" || flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if *quorum < 0 {
		*quorum = len(witnesses)
	}
	trust, err := newTrust(*logKey, witnesses, *quorum)
	if err == nil {
		err = verify(flag.Arg(0), trust, *old)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func verify(folder string, trust *trust, old string) error {
	signed, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := trust.open(signed)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	fmt.Printf("checkpoint: %s, size %d, root %s\n", trust.log.Name(), tree.N, tree.Hash)
	hashes := tlog.TileHashReader(tree, folderTiles(folder))
	if err := checkTiles(folder, tree, hashes); err != nil {
		return fmt.Errorf("tiles: %w", err)
	}
	if old != "" {
		if err := checkOld(trust, old, tree, hashes); err != nil {
			return fmt.Errorf("%s: %w", old, err)
		}
	}
	return checkReceipts(folder, trust, tree, hashes)
}
