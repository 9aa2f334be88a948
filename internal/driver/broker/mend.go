package broker

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
)

// indexEntry is the size of what kfake keeps beside every batch: which leader
// wrote it and whether it belongs to a transaction.
const indexEntry = 15

// mendIndex writes the index of a segment again when a crash came between a
// batch and its entry: else every later entry would be taken for its
// neighbour's, and with it whether a transaction is open.
func mendIndex(path string, batches []batch) error {
	info, err := os.Stat(path)
	if err == nil && info.Size() == int64(len(batches)*indexEntry) {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	body := make([]byte, len(batches)*indexEntry)
	for i, b := range batches {
		e := body[i*indexEntry:][:indexEntry]
		e[0] = 1 // the format; 6:14 is computed when it is read
		binary.LittleEndian.PutUint32(e[2:], b.leader)
		if b.transaction && !b.control {
			e[14] = 1
		}
		e[1] = byte(crc32.Checksum(e[2:], castagnoli))
	}
	return replace(path, body)
}

// mendLog cuts the torn end off one of kfake's logs of state, so that what is
// appended can be read again, and appends entries. An entry is its length and
// its CRC, each four bytes, then what they are about: two bytes of version and
// JSON. All numbers are little-endian.
func mendLog(path string, more []any) error {
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	whole := wholeEntries(raw)
	if whole == len(raw) && len(more) == 0 {
		return nil
	}
	body := raw[:whole:whole]
	for _, v := range more {
		data, err := json.Marshal(v)
		if err != nil {
			return err
		}
		about := append([]byte{1, 0}, data...)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(about)))
		body = binary.LittleEndian.AppendUint32(body, crc32.Checksum(about, castagnoli))
		body = append(body, about...)
	}
	return replace(path, body)
}

// wholeEntries is how many bytes from the beginning are good entries.
func wholeEntries(raw []byte) int {
	at := 0
	for len(raw)-at >= 8 {
		n := int(binary.LittleEndian.Uint32(raw[at:]))
		if n < 2 || n > len(raw)-at-8 ||
			crc32.Checksum(raw[at+8:at+8+n], castagnoli) != binary.LittleEndian.Uint32(raw[at+4:]) {
			return at
		}
		at += 8 + n
	}
	return at
}

// cutOff ends a file earlier, durably.
func cutOff(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Sync(), f.Close())
}

// removed makes sure that a file is not there.
func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}
