package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8 // tlog-tiles: a tile is eight levels high
	tileWidth  = 1 << tileHeight
	// Leaves whose inclusion is proven one by one; the hash reader checks every tile in any case.
	provenLeavesMax = 512
)

// folderTiles reads tiles from a folder. tlog names the height in its paths, tlog-tiles does not.
type folderTiles string

func (folderTiles) Height() int                         { return tileHeight }
func (folderTiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

func (f folderTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		read, err := f.read(tile)
		if err != nil {
			return nil, err
		}
		data[i] = read
	}
	return data, nil
}

func (f folderTiles) read(tile tlog.Tile) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(string(f), tilePath(tile)))
	if errors.Is(err, fs.ErrNotExist) && tile.W < tileWidth {
		// tlog-tiles: a partial tile may be gone once the full one exists.
		full := tile
		full.W = tileWidth
		data, err = os.ReadFile(filepath.Join(string(f), tilePath(full)))
	}
	if err != nil {
		return nil, err
	}
	if size := tile.W * tlog.HashSize; len(data) >= size {
		return data[:size], nil
	}
	return nil, fmt.Errorf("%s is too short", tilePath(tile))
}

func tilePath(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
}

// checkTiles compares every tile of the tree with what the hash reader authenticates against the root, and proves leaves.
func checkTiles(folder string, tree tlog.Tree, hashes tlog.HashReader) error {
	if root, err := tlog.TreeHash(tree.N, hashes); err != nil {
		return err
	} else if root != tree.Hash {
		return errors.New("they do not give the root of the checkpoint")
	}
	tiles := tilesOf(tree.N)
	for _, tile := range tiles {
		wanted, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		if data, err := folderTiles(folder).read(tile); err != nil {
			return err
		} else if !bytes.Equal(data, wanted) {
			return fmt.Errorf("%s holds other hashes", tilePath(tile))
		}
	}
	proven := int64(0)
	for n := int64(0); n < tree.N; n += 1 + tree.N/provenLeavesMax {
		if err := proveLeaf(tree, n, hashes); err != nil {
			return fmt.Errorf("leaf %d: %w", n, err)
		}
		proven++
	}
	fmt.Printf("tiles: %d give the root, %d leaves proven\n", len(tiles), proven)
	return nil
}

// tilesOf lists the tiles of a tree. Some versions of tlog.NewTiles name every width of a partial tile: the last is the widest.
func tilesOf(size int64) []tlog.Tile {
	var tiles []tlog.Tile
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		if last := len(tiles) - 1; last >= 0 && tiles[last].L == tile.L && tiles[last].N == tile.N {
			tiles[last] = tile
		} else {
			tiles = append(tiles, tile)
		}
	}
	return tiles
}

func proveLeaf(tree tlog.Tree, n int64, hashes tlog.HashReader) error {
	leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, n)})
	if err != nil {
		return err
	}
	proof, err := tlog.ProveRecord(tree.N, n, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, n, leaf[0])
}

func checkOld(trust *trust, path string, tree tlog.Tree, hashes tlog.HashReader) error {
	signed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	old, err := trust.open(signed)
	if err != nil {
		return err
	}
	if err := checkPrefix(old, tree, hashes); err != nil {
		return err
	}
	fmt.Printf("consistency: size %d begins with size %d\n", tree.N, old.N)
	return nil
}

// checkPrefix proves that one tree begins with another; equal sizes have one root, and every tree begins with the empty one.
func checkPrefix(old, tree tlog.Tree, hashes tlog.HashReader) error {
	if old.N > tree.N {
		return fmt.Errorf("it has size %d, the log ends at %d", old.N, tree.N)
	}
	if old.N == tree.N && old.Hash != tree.Hash {
		return errors.New("two roots for one size")
	}
	if old.N == 0 || old.N == tree.N {
		return nil
	}
	proof, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}
