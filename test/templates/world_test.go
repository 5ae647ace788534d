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

package templates

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/http2"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/wait"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/client-go/rest"

	"github.com/cloudfoundry-incubator/extendedjob-operator/test/controlplane"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/program"
	"github.com/cloudfoundry-incubator/extendedjob-operator/test/scrape"
)

const repository = "../.."

// world is an API server with the shipped operator.
type world struct {
	*controlplane.Plane
	http     *http.Client
	kubectl  program.Program
	operator *exec.Cmd
}

func start(directory string) (*world, error) {
	assets, err := controlplane.FindAssets(repository)
	if err != nil {
		return nil, err
	}
	kubeconfig := filepath.Join(directory, "kubeconfig")
	w := &world{kubectl: program.Program{Path: filepath.Join(assets, "kubectl"), Flags: []string{"--kubeconfig=" + kubeconfig}}}
	w.Plane, err = controlplane.Start(controlplane.Options{
		Repository: repository, Directory: directory, Assets: assets,
		Audited: []auditv1.PolicyRule{{Level: auditv1.LevelNone}},
	})
	if err != nil {
		return w, err
	}
	if err := os.WriteFile(kubeconfig, w.KubeConfig, 0o600); err != nil {
		return w, err
	}
	if w.http, err = rest.HTTPClientFor(w.Config); err != nil {
		return w, err
	}
	return w, w.startOperator(directory)
}

// startOperator builds the operator, starts it and waits until it is ready.
func (w *world) startOperator(directory string) error {
	program := filepath.Join(directory, "manager")
	build := exec.Command("go", "build", "-o", program, "github.com/cloudfoundry-incubator/extendedjob-operator")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the operator: %w: %s", err, output)
	}
	configuration, err := w.OperatorConfiguration()
	if err != nil {
		return err
	}
	file := filepath.Join(directory, "operator.yaml")
	if err := controlplane.WriteYAML(file, configuration); err != nil {
		return err
	}
	kubeconfig, err := w.OperatorKubeconfig()
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(directory, "operator.log"))
	if err != nil {
		return err
	}
	w.operator = exec.Command(program, "--config="+file)
	w.operator.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	w.operator.Stdout, w.operator.Stderr = log, log
	if err := w.operator.Start(); err != nil {
		return err
	}
	ready := func(ctx context.Context) (bool, error) {
		_, err := scrape.Get(ctx, "http://"+configuration.Health.BindAddress+"/readyz")
		return err == nil, nil
	}
	return wait.PollUntilContextTimeout(context.Background(), 100*time.Millisecond, time.Minute, true, ready)
}

func (w *world) stop() error {
	if w.operator != nil && w.operator.Process != nil {
		if err := w.operator.Process.Signal(syscall.SIGTERM); err != nil {
			return err
		}
		if err := w.operator.Wait(); err != nil {
			return err
		}
	}
	if w.Plane == nil {
		return nil
	}
	return w.Stop()
}

// verdict is the API server's answer to an object.
type verdict struct {
	accepted bool
	// message is the reason for a refusal.
	message  string
	causes   []string
	warnings []string
	// object is the object that the API server would store.
	object map[string]any
}

// kind is the kind of an object with a template: a Job, or an ExtendedJob of a
// version.
type kind string

const (
	job      kind = "Job"
	v1       kind = "v1"
	v1alpha1 kind = "v1alpha1"
)

// way is a way to write an object.
type way string

const (
	strict  way = "create, strict"
	lenient way = "create, not strict"
	apply   way = "server-side apply"
)

// url returns the URL of the objects of a kind.
func (w *world) url(kind kind, namespace string) string {
	resource := "/apis/fissile.cloudfoundry.org/" + string(kind) + "/namespaces/" + namespace + "/extendedjobs"
	if kind == job {
		resource = "/apis/batch/v1/namespaces/" + namespace + "/jobs"
	}
	return strings.TrimSuffix(w.Config.Host, "/") + resource
}

// dryRun returns the verdict on an object in the default namespace, and stores
// nothing.
func (w *world) dryRun(ctx context.Context, kind kind, way way, name string, object any) (verdict, error) {
	url := w.url(kind, "default")
	switch way {
	case lenient:
		return w.ask(ctx, http.MethodPost, url+"?dryRun=All&fieldValidation=Warn", "application/json", object)
	case apply:
		return w.ask(ctx, http.MethodPatch, url+"/"+name+"?dryRun=All&fieldValidation=Strict&fieldManager=test", "application/apply-patch+yaml", object)
	}
	return w.ask(ctx, http.MethodPost, url+"?dryRun=All&fieldValidation=Strict", "application/json", object)
}

func (w *world) ask(ctx context.Context, method, url, contentType string, object any) (verdict, error) {
	var body io.Reader
	if object != nil {
		body = bytes.NewReader(encode(object))
	}
	request, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return verdict{}, err
	}
	request.Header.Set("Content-Type", contentType)
	response, err := w.http.Do(request)
	var reset http2.StreamError
	switch {
	case errors.As(err, &reset): // the API server panicked
		return verdict{message: err.Error()}, nil
	case err != nil:
		return verdict{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return verdict{}, err
	}
	v := verdict{accepted: response.StatusCode < http.StatusMultipleChoices}
	warnings, _ := utilnet.ParseWarningHeaders(response.Header["Warning"])
	for _, warning := range warnings {
		v.warnings = append(v.warnings, warning.Text)
	}
	answer, err := decode(content)
	if err != nil {
		return v, fmt.Errorf("%s: %w", content, err)
	}
	v.object, _ = answer.(map[string]any)
	if v.accepted {
		return v, nil
	}
	v.message, _ = v.object["message"].(string)
	details, _ := v.object["details"].(map[string]any)
	causes, _ := details["causes"].([]any)
	for _, cause := range causes {
		cause, _ := cause.(map[string]any)
		v.causes = append(v.causes, fmt.Sprint(cause["field"]))
	}
	return v, nil
}
