from docs.gallery import main

main()
