//! The web app's files and page.

use actix_web::test::TestRequest;
use actix_web::web::Data;
use control_plane::http::assets::Assets;

use crate::support::{Browser, Kind, World};

async fn with_files() -> (Browser, World) {
    let world = World::new(Kind::Sqlite).await;
    let folder = world.folder.path().join("dist");
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    std::fs::write(folder.join("index.html"), "<p>app</p>").unwrap();
    std::fs::write(folder.join("assets/app-1f2e.js"), "run()").unwrap();
    let mut state = world.state();
    state.http.assets = Assets::Folder(folder);
    (Browser::open(Data::new(state)).await, world)
}

/// What one directive of a content security policy allows.
fn allowed<'a>(policy: &'a str, directive: &str) -> Vec<&'a str> {
    let mut directives = policy.split(';').map(str::split_whitespace);
    let sources = directives.find_map(|mut words| (words.next() == Some(directive)).then_some(words));
    sources.unwrap_or_else(|| panic!("no {directive} in {policy}")).collect()
}

#[actix_web::test]
async fn abuse_11_the_page_comes_with_a_policy_that_allows_nothing_inline_and_nothing_from_elsewhere() {
    let (mut browser, _world) = with_files().await;
    for path in ["/", "/appointments", "/guest", "/index.html"] {
        let page = browser.get(path).await.expect_status(200);
        let policy = page.header("content-security-policy");

        assert!(page.text.contains("<p>app</p>"), "{}", page.text);
        assert_eq!(allowed(policy, "default-src"), ["'none'"]);
        assert_eq!(allowed(policy, "script-src"), ["'self'"]);
        assert_eq!(allowed(policy, "style-src"), ["'self'"]);
        for directive in ["frame-ancestors", "base-uri"] {
            assert_eq!(allowed(policy, directive), ["'none'"]);
        }
        assert!(
            !policy.contains("unsafe-") && !policy.contains("nonce-") && !policy.contains("http"),
            "{policy}"
        );
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        let permissions = page.header("permissions-policy");
        for sense in ["camera=(self)", "microphone=(self)", "display-capture=(self)"] {
            assert!(permissions.contains(sense), "{permissions}");
        }
    }
}

/// The policy would leave an inline script or style without effect.
#[test]
fn abuse_11_the_real_page_holds_nothing_inline() {
    let page = include_str!("../../../web/app/index.html");

    assert!(!page.contains("<style") && !page.contains("style="), "{page}");
    for script in page.split("<script").skip(1) {
        let (tag, rest) = script.split_once('>').unwrap();
        assert!(tag.contains(" src=\"/") && rest.starts_with("</script>"), "{script}");
    }
}

#[actix_web::test]
async fn files_are_cached_for_ever_and_missing_ones_are_missing() {
    let (mut browser, _world) = with_files().await;

    let script = browser.get("/assets/app-1f2e.js").await.expect_status(200);

    assert_eq!(script.text, "run()");
    assert!(script.header("content-type").starts_with("text/javascript"));
    assert!(script.header("cache-control").contains("immutable"));
    browser.get("/assets/app-0000.js").await.expect_problem(404, "not-found");
}

#[actix_web::test]
async fn nothing_outside_the_folder_is_served() {
    let (mut browser, world) = with_files().await;
    std::fs::write(world.folder.path().join("secret.txt"), "secret").unwrap();

    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "//etc/passwd.txt",
        "/..%2fsecret.txt",
    ] {
        let answer = browser.send(TestRequest::get().uri(path)).await;
        assert!(answer.status == 404 && !answer.text.contains("secret\n"), "{path}: {}", answer.text);
    }
}

#[actix_web::test]
async fn without_a_built_web_app_the_answer_says_how_to_build_it() {
    let world = World::new(Kind::Sqlite).await;
    let mut state = world.state();
    state.http.assets = Assets::Folder(world.folder.path().join("nowhere"));
    let mut browser = Browser::open(Data::new(state)).await;

    let answer = browser.get("/").await.expect_problem(404, "no-web-app");

    assert!(answer.text.contains("npm run build"), "{}", answer.text);
}
