//go:build unix && !solaris && !aix

// Package dirlock lets one process at a time work in a folder.
//
// The lock is the operating system's (flock) on a file in the folder: it ends
// with the process, however that ends, and the file may stay behind. Folders on
// network file systems may not honour it.
package dirlock

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// File is the name of the lock's file in the folder.
const File = "lock"

// HeldError says that another process works in the folder.
type HeldError struct {
	Dir string
	PID int // 0 when it is not known
}

// Error says who holds the folder and what to do.
func (e *HeldError) Error() string {
	who := "another weir"
	if e.PID > 0 {
		who += fmt.Sprintf(" (process %d)", e.PID)
	}
	return fmt.Sprintf("%s runs on the folder %s; stop it first, or use another folder with --data", who, e.Dir)
}

// Held is a folder that this process works in.
type Held struct{ file *os.File }

// Lock takes the folder, which must exist. A *HeldError when another process,
// or another Held of this one, has it.
func Lock(dir string) (*Held, error) {
	f, err := os.OpenFile(filepath.Join(dir, File), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot lock the folder: %w", err)
	}
	if err := flock(f); err != nil {
		defer f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, &HeldError{Dir: dir, PID: readPID(f)}
		}
		return nil, fmt.Errorf("cannot lock the folder %s: %w", dir, err)
	}
	if err := writePID(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("cannot write the lock of the folder %s: %w", dir, err)
	}
	return &Held{file: f}, nil
}

// Release gives the folder free. The file stays: removing it would let two
// processes lock two files of the same name.
func (l *Held) Release() error {
	_ = l.file.Truncate(0) // only the hint at the process is lost
	// Closing alone would not do while a child that is being started still has the file.
	return errors.Join(syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN), l.file.Close())
}

func flock(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

func writePID(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func readPID(f *os.File) int {
	b, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return 0
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b))) // 0: not known
	return pid
}
