package broker

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/weirmesh/weir"
)

// nextBoot counts the starts of a folder. The new number is on disk before it
// is used, so no number is ever used twice.
func nextBoot(dir string) (uint64, error) {
	path := filepath.Join(dir, "boot")
	raw, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		raw = []byte("0")
	case err != nil:
		return 0, unavailable("read "+path, err)
	}
	last, err := strconv.ParseUint(strings.TrimSpace(string(raw)), 10, 63)
	if err != nil {
		return 0, weir.Errorf(weir.Damaged, "%s does not hold the number of the last start", path).Because(err).
			WithFix("write a number into it that is larger than any before, such as the output of `date +%%s`")
	}
	if err := replace(path, []byte(strconv.FormatUint(last+1, 10)+"\n")); err != nil {
		return 0, unavailable("write "+path, err)
	}
	return last + 1, nil
}

// replace puts a whole new file in the place of path, durably.
func replace(path string, body []byte) error {
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
