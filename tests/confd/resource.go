package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"text/template"
)

// A Resource is one conf.d/*.toml: what is rendered of which keys, where it goes, and who is told.
type Resource struct {
	src, dest, prefix, check, reload string
	keys                             []string
	mode                             os.FileMode // 0: that of the file in place
	uid, gid                         int
	noop                             bool
	store                            *Redis
}

func loadResource(file string, options *Options, store *Redis) (*Resource, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	section, err := parseTemplateSection(string(text))
	if err != nil {
		return nil, err
	}
	r := &Resource{dest: section.text("dest"), check: section.text("check_cmd"), reload: section.text("reload_cmd"),
		keys: section.texts("keys"), noop: options.noop, store: store,
		uid: section.number("uid", os.Geteuid()), gid: section.number("gid", os.Getegid())}
	if section.text("src") == "" || r.dest == "" {
		return nil, errors.New("src or dest is missing")
	}
	r.src = filepath.Join(options.confdir, "templates", section.text("src"))
	if mode := section.text("mode"); mode != "" {
		parsed, err := strconv.ParseUint(mode, 0, 32)
		if err != nil {
			return nil, err
		}
		r.mode = os.FileMode(parsed)
	}
	r.prefix = section.text("prefix")
	if options.prefix != "" {
		r.prefix = options.prefix
	}
	if !strings.HasPrefix(r.prefix, "/") {
		r.prefix = "/" + r.prefix
	}
	return r, nil
}

func (r *Resource) process() error {
	var keys []string
	for _, key := range r.keys {
		keys = append(keys, path.Join(r.prefix, key))
	}
	values, err := r.store.getValues(keys)
	if err != nil {
		return err
	}
	store := make(Store)
	for key, value := range values {
		store.set(path.Join("/", strings.TrimPrefix(key, r.prefix)), value)
	}
	staged, err := r.stage(store)
	if err != nil {
		return err
	}
	defer os.Remove(staged)
	return r.sync(staged)
}

// stage renders into a hidden file beside the one in place.
func (r *Resource) stage(store Store) (string, error) {
	parsed, err := template.New(filepath.Base(r.src)).Funcs(functions(store)).ParseFiles(r.src)
	if err != nil {
		return "", err
	}
	file, err := os.CreateTemp(filepath.Dir(r.dest), "."+filepath.Base(r.dest))
	if err != nil {
		return "", err
	}
	defer file.Close()
	if err = parsed.Execute(file, nil); err == nil {
		err = file.Chmod(r.wantedMode())
	}
	if err == nil {
		err = file.Chown(r.uid, r.gid)
	}
	if err != nil {
		os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}

func (r *Resource) wantedMode() os.FileMode {
	if r.mode != 0 {
		return r.mode
	}
	if there, err := os.Stat(r.dest); err == nil {
		return there.Mode()
	}
	return 0o644
}

func (r *Resource) sync(staged string) error {
	if same(staged, r.dest) {
		return nil
	}
	log.Print("INFO ", r.dest, " is out of sync")
	if r.noop {
		return nil
	}
	if err := r.checkStaged(staged); err != nil {
		return fmt.Errorf("config check failed: %w", err)
	}
	if err := os.Rename(staged, r.dest); err != nil {
		return err
	}
	if err := command(r.reload); err != nil {
		return fmt.Errorf("reload failed: %w", err)
	}
	log.Print("INFO ", r.dest, " has been updated")
	return nil
}

func same(staged, dest string) bool {
	is, _ := os.Stat(staged)
	was, err := os.Stat(dest)
	if err != nil || is.Mode() != was.Mode() || owner(is) != owner(was) {
		return false
	}
	new, _ := os.ReadFile(staged)
	old, err := os.ReadFile(dest)
	return err == nil && bytes.Equal(new, old)
}

func owner(info os.FileInfo) [2]uint32 {
	status := info.Sys().(*syscall.Stat_t)
	return [2]uint32{status.Uid, status.Gid}
}

// checkStaged runs check_cmd, in which {{.src}} is the file to check.
func (r *Resource) checkStaged(staged string) error {
	parsed, err := template.New("check_cmd").Parse(r.check)
	if err != nil {
		return err
	}
	var line strings.Builder
	if err := parsed.Execute(&line, map[string]string{"src": staged}); err != nil {
		return err
	}
	return command(line.String())
}

func command(line string) error {
	if line == "" {
		return nil
	}
	said, err := exec.Command("/bin/sh", "-c", line).CombinedOutput()
	if err != nil {
		log.Printf("ERROR %q", said)
	}
	return err
}
