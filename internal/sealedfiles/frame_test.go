/*
Copyright 2026 The ExtendedJob Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

package sealedfiles

import (
	"bytes"
	"compress/flate"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"testing"
)

var (
	operatorKey = []byte("the operator's key")
	thisRun     = Run{Namespace: "default", UID: "uid", Number: 3}
	thisFiles   = []File{{"main", "output.json"}, {"main", "dir/ca.crt"}, {"other", "output.json"}}
	theseAre    = []Content{{Data: []byte(`{"password":"canary"}`)}, {Fault: Missing}, {Data: []byte{}}}
)

func mustKey(tb testing.TB, run Run) PrivateKey {
	tb.Helper()
	key, err := DeriveKey(operatorKey, run.UID, run.Number, "nonce")
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func mustSeal(tb testing.TB, run Run, files []File, contents []Content) []byte {
	tb.Helper()
	sealer, err := NewSealer(mustKey(tb, run).Public(), run)
	if err != nil {
		tb.Fatal(err)
	}
	for i, file := range files {
		if err := sealer.Add(file, contents[i]); err != nil {
			tb.Fatal(err)
		}
	}
	return sealer.Frame()
}

func mustOpen(t *testing.T, raw []byte, files []File) []Content {
	t.Helper()
	frame, err := Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	contents, err := frame.Open(mustKey(t, thisRun), thisRun, files)
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

func randomBytes(size int) []byte {
	data := make([]byte, size)
	_, _ = rand.Read(data)
	return data
}

func sameContents(a, b []Content) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Fault != b[i].Fault || !bytes.Equal(a[i].Data, b[i].Data) {
			return false
		}
	}
	return true
}

func TestWhatIsSealedIsOpened(t *testing.T) {
	contents := []Content{
		{Data: []byte(`{"password":"canary"}`)}, {Data: []byte{}}, {Data: randomBytes(MaxFileSize)}, {Data: make([]byte, MaxFileSize)},
		{Fault: Missing}, {Fault: Unreadable}, {Fault: TooLarge}, {Fault: TooLargeInAll}, {Fault: Changing},
		{Fault: SymbolicLink}, {Fault: Directory}, {Fault: FIFO}, {Fault: Socket}, {Fault: Device},
	}
	files := make([]File, len(contents))
	for i := range files {
		files[i] = File{"main", string(rune('a' + i))}
	}
	raw := mustSeal(t, thisRun, files, contents)
	if !sameContents(mustOpen(t, raw, files), contents) {
		t.Error("the contents differ")
	}
	if bytes.Contains(raw, []byte("canary")) || bytes.Contains(raw, []byte("main")) {
		t.Error("the frame shows what is in it")
	}
}

func TestWhatIsTooLargeIsAFault(t *testing.T) {
	large := Content{Data: randomBytes(MaxFileSize)}
	files, contents := make([]File, 9), []Content{{Data: make([]byte, MaxFileSize+1)}, large, large, large, large, large, large, {Data: []byte("1")}, {}}
	want := append([]Content{{Fault: TooLarge}}, contents[1:]...)
	want[7] = Content{Fault: TooLargeInAll}
	if got := mustOpen(t, mustSeal(t, thisRun, files, contents), files); !sameContents(got, want) {
		t.Error("not exactly the two files that do not fit are faults")
	}
}

func TestAFrameIsOnlyThatOfItsRunAndFiles(t *testing.T) {
	otherRun := func(change func(*Run)) func(*testing.T) ([]byte, []File) {
		return func(t *testing.T) ([]byte, []File) {
			run := thisRun
			change(&run)
			return mustSeal(t, run, thisFiles, theseAre), thisFiles
		}
	}
	otherFiles := func(files ...File) func(*testing.T) ([]byte, []File) {
		return func(t *testing.T) ([]byte, []File) { return mustSeal(t, thisRun, thisFiles, theseAre), files }
	}
	for name, test := range map[string]struct {
		replay func(*testing.T) ([]byte, []File)
		want   error
	}{
		"another run":         {otherRun(func(r *Run) { r.Number++ }), ErrOtherKey},
		"another ExtendedJob": {otherRun(func(r *Run) { r.UID = "other" }), ErrOtherKey},
		"another namespace":   {otherRun(func(r *Run) { r.Namespace = "other" }), ErrOtherContext},
		"another container":   {otherFiles(File{"other", "output.json"}, thisFiles[1], thisFiles[2]), ErrOtherContext},
		"another path":        {otherFiles(thisFiles[0], File{"main", "dir/tls.crt"}, thisFiles[2]), ErrOtherContext},
		"another order":       {otherFiles(thisFiles[1], thisFiles[0], thisFiles[2]), ErrOtherContext},
		"the same name cut elsewhere": {otherFiles(File{"mainoutput.json", ""}, thisFiles[1], thisFiles[2]),
			ErrOtherContext},
		"fewer files": {otherFiles(thisFiles[:2]...), ErrOtherContext},
		"more files":  {otherFiles(append(thisFiles, File{"other", "b"})...), ErrOtherContext},
	} {
		t.Run(name, func(t *testing.T) {
			raw, files := test.replay(t)
			frame, err := Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := frame.Open(mustKey(t, thisRun), thisRun, files); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestAKeyIsThatOfItsRun(t *testing.T) {
	key := func(operator, uid string, run int64, nonce string) string {
		derived, err := DeriveKey([]byte(operator), uid, run, nonce)
		if err != nil {
			t.Fatal(err)
		}
		return derived.Public().String()
	}
	all := []string{
		key("operator", "uid", 1, "nonce"), key("another", "uid", 1, "nonce"), key("operator", "uid2", 1, "nonce"),
		key("operator", "uid", 2, "nonce"), key("operator", "uid", 1, "nonce2"), key("operator", "uid1", 1, "once"),
	}
	distinct := map[string]bool{}
	for _, text := range all {
		distinct[text] = true
		if parsed, err := ParsePublicKey(text); err != nil || parsed.String() != text {
			t.Errorf("%s was parsed as %v (%v)", text, parsed, err)
		}
	}
	if len(distinct) != len(all) {
		t.Errorf("keys are equal: %v", all)
	}
	if again := key("operator", "uid", 1, "nonce"); again != all[0] {
		t.Error("the same run has two keys")
	}
	if _, err := DeriveKey(nil, "uid", 1, "nonce"); err == nil {
		t.Error("there is a key without the operator's")
	}
}

func TestACutFrameIsRefused(t *testing.T) {
	raw := mustSeal(t, thisRun, thisFiles, theseAre)
	for size := range raw {
		want := ErrCut
		if size == 0 {
			want = ErrAbsent
		}
		if _, err := Decode(raw[:size]); !errors.Is(err, want) {
			t.Errorf("cut to %d bytes: got %v, want %v", size, err, want)
		}
	}
}

func TestADamagedFrameIsRefused(t *testing.T) {
	raw := mustSeal(t, thisRun, thisFiles, theseAre)
	for bit := range 8 * len(raw) {
		damaged := bytes.Clone(raw)
		damaged[bit/8] ^= 1 << (bit % 8)
		if _, err := Decode(damaged); err == nil {
			t.Errorf("bit %d makes no difference", bit)
		}
	}
	if _, err := Decode(append(bytes.Clone(raw), 0)); !errors.Is(err, ErrDamaged) {
		t.Errorf("with a byte more: got %v", err)
	}
	other := bytes.Clone(raw)
	other[versionAt]++
	if _, err := Decode(other); !errors.Is(err, ErrUnknownFormat) {
		t.Errorf("another version: got %v", err)
	}
}

// Somebody who can make frames, as anybody can, makes these.
func TestAForgedFrameIsRefused(t *testing.T) {
	deflated := func(size int) []byte {
		var packed bytes.Buffer
		writer, _ := flate.NewWriter(&packed, flate.BestCompression)
		_, _ = writer.Write(make([]byte, size))
		_ = writer.Close()
		return append([]byte{formCompressed}, packed.Bytes()...)
	}
	full := deflated(MaxFileSize)
	for name, plaintexts := range map[string][][]byte{
		"a bomb":                   {deflated(64 * MaxFileSize)},
		"a byte too many":          {deflated(MaxFileSize + 1)},
		"too large and plain":      {append([]byte{formPlain}, make([]byte, MaxFileSize+1)...)},
		"too large in all":         {full, full, full, full, full, full, {formPlain, 1}},
		"nothing":                  {{}},
		"an unknown form":          {{9, 1}},
		"no fault":                 {{formFault, 0}},
		"an unknown fault":         {{formFault, byte(lastFault) + 1}},
		"two faults":               {{formFault, 1, 1}},
		"no compressed data":       {{formCompressed}},
		"compressed data cut":      {full[:len(full)-1]},
		"data behind the last one": {append(bytes.Clone(full), 0)},
	} {
		t.Run(name, func(t *testing.T) {
			files := make([]File, len(plaintexts))
			frame, err := Decode(forge(t, plaintexts))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := frame.Open(mustKey(t, thisRun), thisRun, files); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// forge seals plaintexts as they are, for files without names.
func forge(t *testing.T, plaintexts [][]byte) []byte {
	t.Helper()
	key := mustKey(t, thisRun).Public()
	enc, sender, err := hpke.NewSender(key.key, kdf(), aead(), thisRun.info())
	if err != nil {
		t.Fatal(err)
	}
	id := key.id()
	raw := append([]byte(magic), formatVersion, 0, 0, 0, 0)
	raw = append(append(raw, id[:]...), enc...)
	raw = binary.BigEndian.AppendUint16(raw, uint16(len(plaintexts)))
	for _, plaintext := range plaintexts {
		ciphertext, err := sender.Seal(File{}.additionalData(), plaintext)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(binary.BigEndian.AppendUint32(raw, uint32(len(ciphertext))), ciphertext...)
	}
	return resized(raw)
}

// resized ends a frame with its size and digest.
func resized(raw []byte) []byte {
	binary.BigEndian.PutUint32(raw[sizeAt:], uint32(len(raw)+sha256.Size))
	digest := sha256.Sum256(raw)
	return append(raw, digest[:]...)
}

func TestAFrameWithWrongSizesIsRefused(t *testing.T) {
	whole := mustSeal(t, thisRun, thisFiles, theseAre)
	for name, change := range map[string]func([]byte) []byte{
		"a file too long":     func(raw []byte) []byte { raw[recordsAt]++; return raw },
		"a file of 4 GiB":     func(raw []byte) []byte { copy(raw[recordsAt:], "\xff\xff\xff\xff"); return raw },
		"more files":          func(raw []byte) []byte { raw[countAt+1]++; return raw },
		"fewer files":         func(raw []byte) []byte { raw[countAt+1]--; return raw },
		"65535 files":         func(raw []byte) []byte { copy(raw[countAt:], "\xff\xff"); return raw },
		"bytes behind a file": func(raw []byte) []byte { return append(raw, 0, 0, 0) },
		"65 files": func(raw []byte) []byte {
			raw[countAt+1] = MaxFiles + 1
			return append(raw[:recordsAt], make([]byte, 4*(MaxFiles+1))...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			raw := bytes.Clone(whole[:len(whole)-sha256.Size])
			if _, err := Decode(resized(change(raw))); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzOpen(f *testing.F) {
	whole := mustSeal(f, thisRun, thisFiles, theseAre)
	key := mustKey(f, thisRun)
	f.Add(whole)
	f.Add(whole[:len(whole)/2])
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, raw []byte) {
		// As with a digest that is right, so that the fuzzer gets behind it.
		frames := [][]byte{raw}
		if len(raw) >= recordsAt {
			frames = append(frames, resized(bytes.Clone(raw)))
		}
		for _, raw := range frames {
			frame, err := Decode(raw)
			if err != nil {
				continue
			}
			contents, err := frame.Open(key, thisRun, thisFiles)
			if err == nil && len(contents) != len(thisFiles) {
				t.Errorf("%d files became %d", len(thisFiles), len(contents))
			}
		}
	})
}
