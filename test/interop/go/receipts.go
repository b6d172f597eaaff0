package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

func checkReceipts(folder string, trust *trust, tree tlog.Tree, hashes tlog.HashReader) error {
	count := 0
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".tlog-proof" {
			return err
		}
		count++
		if err := checkReceipt(path, trust, tree, hashes); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
	if err == nil {
		fmt.Printf("receipts: %d hold\n", count)
	}
	return err
}

func checkReceipt(path string, trust *trust, tree tlog.Tree, hashes tlog.HashReader) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	receipt, err := parseReceipt(string(text))
	if err != nil {
		return err
	}
	its, err := trust.open([]byte(receipt.checkpoint))
	if err != nil {
		return err
	}
	// The checkpoint of a receipt and the published one are of one log: the smaller is a prefix of the larger.
	if err := checkPrefix(its, tree, hashes); err != nil {
		return err
	}
	leaf, err := receipt.leaf(strings.TrimSuffix(path, ".tlog-proof")+".entry", its.N, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(receipt.proof, its.N, its.Hash, receipt.index, leaf)
}

// leaf is computed from the entry: the one beside the receipt, else the one that the receipt carries. Without both it is
// the leaf of the log at that place.
func (r *receipt) leaf(entryPath string, size int64, hashes tlog.HashReader) (tlog.Hash, error) {
	entry, err := os.ReadFile(entryPath)
	if err == nil {
		return tlog.RecordHash(entry), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return tlog.Hash{}, err
	}
	if r.entry != nil {
		return tlog.RecordHash(r.entry), nil
	}
	if r.index >= size {
		return tlog.Hash{}, fmt.Errorf("no leaf %d in a tree of %d", r.index, size)
	}
	leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, r.index)})
	if err != nil {
		return tlog.Hash{}, err
	}
	return leaf[0], nil
}

// receipt is what a .tlog-proof file holds. Nobody authenticates its extra line: an entry from there is only what the
// path has to lead from.
type receipt struct {
	entry      []byte
	index      int64
	proof      tlog.RecordProof
	checkpoint string
}

func parseReceipt(text string) (*receipt, error) {
	head, checkpoint, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" {
		return nil, errors.New("no tlog-proof")
	}
	lines = lines[1:]
	var extra struct{ Entry []byte }
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[0], "extra "))
		if err != nil {
			return nil, errors.New("the extra line is not base64")
		}
		if err := json.Unmarshal(text, &extra); err != nil {
			return nil, errors.New("the extra line is not JSON")
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return nil, errors.New("no index")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil || index < 0 {
		return nil, errors.New("the index is no decimal")
	}
	proof := tlog.RecordProof{}
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		proof = append(proof, hash)
	}
	return &receipt{extra.Entry, index, proof, checkpoint}, nil
}
